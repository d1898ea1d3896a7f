"""Signatures of people: made with the SSH keys they have, verified in process, exported for OpenSSH.

What is signed and how it travels stands in `unrack.model.statement`; whose a key is and what its owner may, the policy
says. Nothing here judges that.
"""
