"""AWS's command line, loaded once for all commands: by itself it takes a second to load each time.

A server forks for each command. In the place of `aws`, this same file passes on what it was called
with: arguments, folder, environment and the three streams.
"""

import json
import os
import signal
import socket
import sys
import threading
import traceback


# Their descriptions are read once, too.
SERVICES = (
    "cloudformation",
    "cloudwatch",
    "dynamodb",
    "dynamodbstreams",
    "lambda",
    "logs",
    "secretsmanager",
    "sqs",
)


def call(path, arguments):
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(path)
        asked = {"arguments": arguments, "folder": os.getcwd(), "environment": dict(os.environ)}
        socket.send_fds(connection, [json.dumps(asked).encode() + b"\n"], [0, 1, 2])
        answer = connection.recv(16)
    return int(answer or b"1")


def serve(path):
    # Loaded here, for all that are forked.
    import awscli.clidriver

    driver = awscli.clidriver.create_clidriver()
    for service in SERVICES:
        driver.session.create_client(service)
    # It ends with whoever started it.
    threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        print("ready", flush=True)
        while True:
            connection, _ = listener.accept()
            if os.fork() == 0:
                _run(connection, driver)
            connection.close()


def _run(connection, driver):
    code = 255
    try:
        asked, streams, _, _ = socket.recv_fds(connection, 1 << 20, 3)
        while not asked.endswith(b"\n"):
            asked += connection.recv(1 << 20)
        asked = json.loads(asked)
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
        os.chdir(asked["folder"])
        # Where its own data are, it has found out when it was loaded.
        data = os.environ["AWS_DATA_PATH"]
        os.environ.clear()
        os.environ.update(asked["environment"], AWS_DATA_PATH=data)
        code = driver.main(asked["arguments"])
        sys.stdout.flush()
        sys.stderr.flush()
    except SystemExit as end:
        code = end.code
    except BaseException:
        traceback.print_exc()
    finally:
        connection.sendall(str(code or 0).encode())
        os._exit(0)


if __name__ == "__main__":
    if sys.argv[1] == "--serve":
        serve(sys.argv[2])
    else:
        sys.exit(call(sys.argv[1], sys.argv[2:]))
