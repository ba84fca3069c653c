"""RabbitMQ and SecantusDB as children of this process: for trying out, for development and for tests."""
