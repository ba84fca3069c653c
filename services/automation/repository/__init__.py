"""The only queries of automation's database, a module for each of its parts."""
