"""Apache Kafka through kafka-python: how to reach it, its topics, writing and reading.

Workers do not read from here: Faust brings them their messages, see streams/faust_app.py.
"""
