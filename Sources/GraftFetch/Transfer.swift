import CGraftCurl
import Foundation

/// One request for a file, or for the rest of it.
///
/// libcurl follows redirects, and respects the system's proxies (`https_proxy`, `no_proxy`) and
/// certificates (`SSL_CERT_FILE`, `SSL_CERT_DIR` and `CURL_CA_BUNDLE` too).
final class Transfer {
  /// What the server says before the first byte.
  struct Answer {
    let code: Int
    /// Bytes that follow; nil where the server does not say.
    let length: Int?
    /// Where the bytes that follow begin in the file, and the file's size, where it says so.
    let range: (first: Int, total: Int?)?
  }

  enum End {
    case complete
    /// The connection failed or broke off; the reason in libcurl's words.
    case broken(String)
    /// A callback had enough.
    case stopped
  }

  /// Called once, before the first piece; false ends the transfer.
  var onAnswer: (Answer) -> Bool = { _ in true }
  /// Called for each piece; false ends the transfer.
  var onPiece: (UnsafeRawBufferPointer) -> Bool = { _ in true }
  /// Called several times a second, bytes or not; false ends the transfer.
  var onTick: () -> Bool = { true }

  private var hasAnswered = false
  private var range: (Int, Int?)?
  private var curl: UnsafeMutableRawPointer?

  /// Gets the file from `first` on.
  ///
  /// - Precondition: ``problem`` is nil.
  func run(_ url: String, from first: Int, userAgent: String, patience: Int) -> End {
    guard let curl = graft_curl_new() else { return .broken("no memory is left") }
    defer { graft_curl_free(curl) }
    var message = [CChar](repeating: 0, count: Int(CURL_ERROR_SIZE))
    let code = message.withUnsafeMutableBufferPointer { message in
      set(curl, url, from: first, userAgent: userAgent, patience: patience)
      _ = graft_curl_set_pointer(curl, CURLOPT_ERRORBUFFER, message.baseAddress)
      let user = Unmanaged.passUnretained(self).toOpaque()
      _ = graft_curl_set_pointer(curl, CURLOPT_WRITEDATA, user)
      _ = graft_curl_set_pointer(curl, CURLOPT_HEADERDATA, user)
      _ = graft_curl_set_pointer(curl, CURLOPT_XFERINFODATA, user)
      self.curl = curl
      let code = graft_curl_perform(curl)
      // An answer without a body never comes to the receiver.
      if code == CURLE_OK, !answer() { return CURLE_WRITE_ERROR }
      return code
    }
    switch code {
    case CURLE_OK: return .complete
    case CURLE_WRITE_ERROR, CURLE_ABORTED_BY_CALLBACK: return .stopped
    default:
      let text = message.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
      return .broken(text.isEmpty ? String(cString: graft_curl_reason(code)) : text)
    }
  }

  /// Why no transfer is possible at all; nil where one is.
  static var problem: String? { graft_curl_open().map { String(cString: $0) } }

  private func set(
    _ curl: UnsafeMutableRawPointer, _ url: String, from first: Int, userAgent: String,
    patience: Int
  ) {
    _ = graft_curl_set_text(curl, CURLOPT_URL, url)
    _ = graft_curl_set_text(curl, CURLOPT_USERAGENT, userAgent)
    _ = graft_curl_set_text(curl, CURLOPT_PROTOCOLS_STR, "https,http")
    _ = graft_curl_set_text(curl, CURLOPT_REDIR_PROTOCOLS_STR, "https,http")
    _ = graft_curl_set_number(curl, CURLOPT_FOLLOWLOCATION, 1)
    _ = graft_curl_set_number(curl, CURLOPT_MAXREDIRS, 10)
    _ = graft_curl_set_number(curl, CURLOPT_CONNECTTIMEOUT, min(15, patience))
    _ = graft_curl_set_number(curl, CURLOPT_LOW_SPEED_LIMIT, 1)
    _ = graft_curl_set_number(curl, CURLOPT_LOW_SPEED_TIME, patience)
    // Signals are the program's own.
    _ = graft_curl_set_number(curl, CURLOPT_NOSIGNAL, 1)
    _ = graft_curl_set_number(curl, CURLOPT_NOPROGRESS, 0)
    // Not CURLOPT_RESUME_FROM, which takes a server without ranges for an error.
    if first > 0 { _ = graft_curl_set_text(curl, CURLOPT_RANGE, "\(first)-") }
    let environment = ProcessInfo.processInfo.environment
    if let file = environment["CURL_CA_BUNDLE"] ?? environment["SSL_CERT_FILE"], !file.isEmpty {
      _ = graft_curl_set_text(curl, CURLOPT_CAINFO, file)
    }
    if let folder = environment["SSL_CERT_DIR"], !folder.isEmpty {
      _ = graft_curl_set_text(curl, CURLOPT_CAPATH, folder)
    }
    _ = graft_curl_set_receiver(curl, CURLOPT_HEADERFUNCTION) { bytes, size, count, user in
      let transfer = Unmanaged<Transfer>.fromOpaque(user!).takeUnretainedValue()
      transfer.header(UnsafeRawBufferPointer(start: bytes, count: size * count))
      return size * count
    }
    _ = graft_curl_set_receiver(curl, CURLOPT_WRITEFUNCTION) { bytes, size, count, user in
      let transfer = Unmanaged<Transfer>.fromOpaque(user!).takeUnretainedValue()
      let piece = UnsafeRawBufferPointer(start: bytes, count: size * count)
      return transfer.answer() && transfer.onPiece(piece) ? piece.count : 0
    }
    _ = graft_curl_set_progress(curl) { user, _, _, _, _ in
      Unmanaged<Transfer>.fromOpaque(user!).takeUnretainedValue().onTick() ? 0 : 1
    }
  }

  /// `Content-Range: bytes 100-199/200`, of the last answer: redirects have headers too.
  private func header(_ bytes: UnsafeRawBufferPointer) {
    let line = String(decoding: bytes, as: UTF8.self)
    if line.hasPrefix("HTTP/") { range = nil }
    guard line.lowercased().hasPrefix("content-range:") else { return }
    let value = line.drop { $0 != ":" }.dropFirst().trimmingCharacters(in: .whitespacesAndNewlines)
    guard value.lowercased().hasPrefix("bytes ") else { return }
    let parts = value.dropFirst("bytes ".count).split(separator: "/")
    guard parts.count == 2, let first = parts[0].split(separator: "-").first.flatMap({ Int($0) })
    else { return }
    range = (first, Int(parts[1]))
  }

  private func answer() -> Bool {
    guard !hasAnswered, let curl else { return true }
    hasAnswered = true
    let length = Int(graft_curl_content_length(curl))
    return onAnswer(
      Answer(
        code: Int(graft_curl_response_code(curl)), length: length < 0 ? nil : length,
        range: range.map { (first: $0.0, total: $0.1) }))
  }
}
