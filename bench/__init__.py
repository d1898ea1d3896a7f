"""What one run costs, next to a bare Temporal workflow of the same shape, in the same session on the same server."""
