import Foundation
import Graft

/// Results, on standard output. Writing may fail, and that is an error: the disk may be full.
final class Output {
  nonisolated(unsafe) static let standard = Output()  // the command line runs on one thread

  private var buffer: [UInt8] = []

  /// One line; control characters in names are shown as escapes.
  func line(_ text: String = "") throws(GraftError) {
    try bytes(Array((DisplayName.escaped(text) + "\n").utf8))
  }

  func bytes(_ bytes: [UInt8]) throws(GraftError) {
    buffer += bytes
    if buffer.count >= 1 << 16 { try flush() }
  }

  func flush() throws(GraftError) {
    var written = 0
    while written < buffer.count {
      let count = buffer[written...].withUnsafeBytes {
        write(STDOUT_FILENO, $0.baseAddress, $0.count)
      }
      if count < 0 {
        let code = errno
        if code == EINTR { continue }
        buffer = []
        // Whoever read the other end of the pipe has seen enough.
        if code == EPIPE { Foundation.exit(0) }
        throw GraftError(
          "standard output cannot be written: \(String(cString: strerror(code)))", kind: .system)
      }
      written += count
    }
    buffer = []
  }
}
