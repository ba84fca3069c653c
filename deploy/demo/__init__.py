"""A small demonstration: fills a running Switchboard through its public API and its webhook channel."""
