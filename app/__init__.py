"""What a browser or another program talks to: server, pages' parts, REST API, command line."""
