"""OVHcloud's HTTP API, one module for each area."""
