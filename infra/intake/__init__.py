"""The door for submissions: who may send, what is answered, and how to send well."""
