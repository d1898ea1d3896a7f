"""The use cases. The only room that starts runs or changes them."""
