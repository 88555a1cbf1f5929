"""A web site of somebody else, on an address or a port of its own, and the page by which it attacks the desk.

Browsers tell sites apart by scheme and host, and origins by the port as well. A page on another port of the desk's own
host has all cookies of the desk's pages sent with what it asks for, `SameSite=Strict` or not: a neighbour. A page on
another address is a stranger to it altogether.
"""

import socketserver
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

NEIGHBOUR: Final = "127.0.0.1"
STRANGER: Final = "127.0.0.2"
PAGE: Final = b"<!doctype html><html lang=en><title>Elsewhere</title><h1>Elsewhere</h1></html>"


@dataclass
class Site:
    """One that answers every path with an empty page."""

    url: str
    cookies: dict[str, Sequence[str]] = field(default_factory=dict)
    """By path, those that its answer sets."""
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    """Method, path and headers of each request, the names of these in small letters."""


@contextmanager
def site(address: str) -> Iterator[Site]:
    """A site on a free port of an address, until the block ends."""
    there = Site("")

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            words = self.rfile.readline().decode("latin-1").split()
            if len(words) != 3:
                return  # a connection that the browser has opened and does not use
            lines = iter(lambda: self.rfile.readline().decode("latin-1").strip(), "")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            self.rfile.read(int(headers.get("content-length", "0")))
            there.asked.append((words[0], words[1], headers))
            set_cookies = [f"set-cookie: {one}" for one in there.cookies.get(words[1], ())]
            head = ["HTTP/1.1 200 OK", "content-type: text/html", "connection: close", *set_cookies, "", ""]
            self.wfile.write("\r\n".join(head).encode() + PAGE)

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

    server = Server((address, 0), Handler)
    there.url = f"http://{address}:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield there
    finally:
        server.shutdown()
        server.server_close()
        thread.join(30)


ATTACK: Final = r"""
async ({ desk, writes, reads, pages, sockets }) => {
  const came = {};
  const note = async (name, attempt) => {
    const late = new Promise((done) => setTimeout(done, 20000, "no end"));
    came[name] = await Promise.race([attempt(), late]).catch((why) => `refused: ${why.name}`);
  };
  const add = (element) => document.body.append(element);
  const told = (element, what = "loaded") => new Promise((done) => {
    element.onload = () => done(what);
    element.onloadedmetadata = () => done("loaded");
    element.onerror = () => done("refused: error");
    add(element);
  });
  const sent = (enctype, path, fields) => new Promise((done) => {
    const frame = document.createElement("iframe");
    frame.name = `to-${Math.random()}`;
    frame.onload = () => {
      frame.onload = () => done("sent"); // the first one was of the empty frame
      const form = document.createElement("form");
      Object.assign(form, { method: "post", enctype, target: frame.name, action: desk + path });
      for (const [name, value] of fields) {
        const one = document.createElement(value instanceof File ? "input" : "textarea");
        one.name = name;
        if (value instanceof File) {
          one.type = "file";
          const held = new DataTransfer();
          held.items.add(value);
          one.files = held.files;
        } else one.value = value;
        form.append(one);
      }
      add(form);
      form.submit();
    };
    add(frame);
  });
  const read = async (how, options, path = how) => {
    const answer = await fetch(desk + path, { credentials: "include", ...options });
    return answer.type === "opaque" ? "opaque" : `read: ${answer.status} ${await answer.text()}`;
  };

  for (const [method, path, body] of writes) {
    const json = body === null ? undefined : JSON.stringify(body);
    const of = `${method} ${path}`;
    await note(`${of} as JSON`, () => read(of, {
      method, body: json, headers: { "Content-Type": "application/json", "If-Match": "*", "X-CSRF-Token": "guess" },
    }, path));
    await note(`${of} as it comes`, () => read(of, { method, body: json }, path));
    if (method !== "POST") continue;
    await note(`${of} unread`, () => read(of, { method, body: json, mode: "no-cors" }, path));
    await note(`${of} as text`, () => read(of, {
      method, body: json, mode: "no-cors", headers: { "Content-Type": "text/plain" },
    }, path));
    navigator.sendBeacon(desk + path, new Blob([json], { type: "text/plain" }));
    const [before, after] = json.split(/=(.*)/s);
    await note(`${of} by a form of text`, () => sent("text/plain", path, [[before, after ?? ""]]));
    const fields = Object.entries(body);
    await note(`${of} by a form`, () => sent("application/x-www-form-urlencoded", path, fields));
    const file = new File(["JFIF"], "evil.jpg", { type: "image/jpeg" });
    await note(`${of} by a form with a file`, () => sent("multipart/form-data", path, [...fields, ["file", file]]));
  }
  for (const path of reads) {
    await note(`fetch ${path}`, () => read(path));
    await note(`fetch ${path} unread`, () => read(path, { mode: "no-cors" }));
    await note(`import ${path}`, () => import(desk + path).then(() => "loaded"));
    const by = (name, values) => note(`${name} ${path}`, () => {
      return told(Object.assign(document.createElement(name), values));
    });
    await by("script", { src: desk + path });
    await by("img", { src: desk + path });
    await by("link", { rel: "stylesheet", href: desk + path });
    await by("audio", { src: desk + path, preload: "auto" });
    await note(`EventSource ${path}`, () => new Promise((done) => {
      const stream = new EventSource(desk + path, { withCredentials: true });
      for (const name of ["message", "state", "change"])
        stream.addEventListener(name, (event) => done(`read: ${event.data}`));
      stream.onerror = () => { stream.close(); done("refused: error"); };
    }));
  }
  for (const path of sockets) {
    await note(`WebSocket ${path}`, () => new Promise((done) => {
      const socket = new WebSocket(desk.replace("http", "ws") + path, "sip");
      socket.onopen = () => done("open");
      socket.onerror = () => done("refused: error");
    }));
  }
  for (const path of pages) {
    for (const name of ["iframe", "object", "embed"]) {
      for (const opacity of ["1", "0"]) {
        const frame = document.createElement(name);
        frame.style.opacity = opacity;
        frame[name === "object" ? "data" : "src"] = path;
        await note(`${name} ${path} ${opacity}`, () => told(frame, "framed"));
      }
    }
  }
  return came;
}
"""
"""What a page tries, one after the other; by attempt, what came of it. `writes` are method, path and body, `pages`
whole addresses. A frame in which a page is not shown is loaded too, with the browser's own word for that."""
