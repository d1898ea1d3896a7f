"""The words of Unrack as frozen data: no I/O, no Temporal, only the standard library and pydantic.

Evolution rule for everything here: fields are added with a default, never renamed, retyped or removed, because recorded
histories of years ago must still decode.
"""
