"""WHMCS for whoever runs one: the staff's API, on `httpx2`."""
