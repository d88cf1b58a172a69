"""Takes connections at one address and makes them at another: python3 forward.py ADDRESS PORT TO PORT. Prints a line once it listens. It runs in the
network namespace of bastion.py, where a cluster's private address leads to the simulator that way."""

import socket
import sys
import threading


def pump(source, sink):
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        for s in (source, sink):
            s.close()


def main():
    here, target = (sys.argv[1], int(sys.argv[2])), (sys.argv[3], int(sys.argv[4]))
    server = socket.create_server(here)
    print("listening", flush=True)
    while True:
        client, _ = server.accept()
        upstream = socket.create_connection(target)
        for pair in ((client, upstream), (upstream, client)):
            threading.Thread(target=pump, args=pair, daemon=True).start()


main()
