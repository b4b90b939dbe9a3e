"""Steps that are other programs, in any language: they are told their context, and report by the protocol of Dagster Pipes.

The other side is Dagster's own package `dagster-pipes`, or any of the libraries that speak its protocol, as they are. The
protocol is documented at https://docs.dagster.io/guides/build/external-pipelines: two parameters in the environment (or on
the command line), each base64 of zlib of JSON, say where the context is and where messages go; a message is a line of JSON.
"""
