"""A real Apache Kafka and a real ClickHouse server on loopback, for tests and for trying.

Each runs as a process of the one who starts it, on ports nobody else uses, with a folder of its
own for configuration, files and log. For a production system see how it is deployed instead.
"""
