"""The monthly loan-level files that banks send to the central bank (金融基础数据)."""
