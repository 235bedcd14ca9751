import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// An HTTP server on this machine that answers request after request as a test tells it, and breaks
/// the rules where it is told to.
package final class LoopbackServer: @unchecked Sendable {
  // @unchecked: `answers` and `requests` are guarded by `lock`.

  /// What is sent for one request.
  package struct Answer: Sendable {
    package var status: String
    package var headers: [String]
    package var body: [UInt8]
    /// Says this length in place of the body's; nil says none.
    package var length: Int??
    /// Closes the connection behind so many bytes of the body.
    package var cutsAfter: Int?
    /// Waits this long, silent, behind the body.
    package var stalls: Double

    package init(
      status: String = "200 OK", headers: [String] = [], body: [UInt8] = [],
      length: Int?? = .none, cutsAfter: Int? = nil, stalls: Double = 0
    ) {
      self.status = status
      self.headers = headers
      self.body = body
      self.length = length
      self.cutsAfter = cutsAfter
      self.stalls = stalls
    }
  }

  private let port: UInt16
  private let socket: Int32
  private let lock = NSLock()
  private var answers: [(String) -> Answer]
  private var seen: [String] = []

  /// Answers the first request by the first answer and so on; the last one for all that follow.
  package init(_ answers: [(String) -> Answer]) throws {
    self.answers = answers
    #if canImport(Darwin)
      socket = Darwin.socket(AF_INET, SOCK_STREAM, 0)
    #else
      socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    #endif
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let socket = socket
    let bound = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        bind(socket, address, length) == 0 && listen(socket, 16) == 0
          && getsockname(socket, address, &length) == 0
      }
    }
    guard bound else { throw POSIXError(.EADDRNOTAVAIL) }
    port = UInt16(bigEndian: address.sin_port)
    let thread = Thread { [weak self] in
      while true {
        let connection = accept(socket, nil, nil)
        guard connection >= 0 else { return }
        self?.serve(connection)
        close(connection)
      }
    }
    thread.start()
  }

  deinit {
    shutdown(socket, Int32(SHUT_RDWR))
    close(socket)
  }

  package var url: String { "http://127.0.0.1:\(port)/model.onnx" }

  /// The requests so far: line and headers.
  package var requests: [String] { lock.withLock { seen } }

  private func serve(_ connection: Int32) {
    var request: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while !String(decoding: request, as: UTF8.self).contains("\r\n\r\n") {
      let count = recv(connection, &buffer, buffer.count, 0)
      guard count > 0 else { return }
      request += buffer[..<count]
    }
    let text = String(decoding: request, as: UTF8.self)
    let answer = lock.withLock {
      seen.append(text)
      return (answers.count > 1 ? answers.removeFirst() : answers[0])(text)
    }
    var head = "HTTP/1.1 \(answer.status)\r\nConnection: close\r\n"
    switch answer.length {
    case .none: head += "Content-Length: \(answer.body.count)\r\n"
    case .some(.some(let length)): head += "Content-Length: \(length)\r\n"
    case .some(.none): break
    }
    head += answer.headers.map { $0 + "\r\n" }.joined() + "\r\n"
    let body = answer.body.prefix(answer.cutsAfter ?? answer.body.count)
    sendAll(Array(head.utf8) + body, to: connection)
    if answer.stalls > 0 { Thread.sleep(forTimeInterval: answer.stalls) }
  }

  private func sendAll(_ bytes: [UInt8], to connection: Int32) {
    var sent = 0
    while sent < bytes.count {
      let count = bytes[sent...].withUnsafeBytes {
        send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return }
      sent += count
    }
  }
}

extension LoopbackServer {
  /// The whole file, or the rest that a request asks for.
  package static func file(_ bytes: [UInt8], cutsAfter: Int? = nil) -> (String) -> Answer {
    { request in
      var answer = Answer(body: bytes, cutsAfter: cutsAfter)
      if let first = firstAsked(request) {
        answer.status = "206 Partial Content"
        answer.headers = ["Content-Range: bytes \(first)-\(bytes.count - 1)/\(bytes.count)"]
        answer.body = Array(bytes[first...])
      }
      return answer
    }
  }

  /// The place of `Range: bytes=100-`.
  package static func firstAsked(_ request: String) -> Int? {
    request.split(separator: "\r\n").first { $0.lowercased().hasPrefix("range: bytes=") }
      .flatMap { $0.split(separator: "=").last?.split(separator: "-").first }
      .flatMap { Int($0) }
  }

  package static func always(_ answer: Answer) -> (String) -> Answer { { _ in answer } }
}
