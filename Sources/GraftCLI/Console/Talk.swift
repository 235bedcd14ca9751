import Foundation
import Graft

/// What graft says while it works, on standard error.
struct Talk {
  var isQuiet: Bool

  /// A remark; not said when quiet.
  func say(_ text: String) {
    guard !isQuiet else { return }
    Self.write(DisplayName.escaped(text) + "\n")
  }

  /// Something that the person should know even when quiet.
  func warn(_ text: String) { Self.write("note: \(DisplayName.escaped(text))\n") }

  /// One line that says `error:`, hints below it.
  static func error(_ error: GraftError) {
    let lines = ["error: " + limited(error.message)] + error.hints.map { "  " + limited($0) }
    write(lines.joined(separator: "\n") + "\n")
  }

  /// At most 400 characters, on one line.
  static func limited(_ text: String) -> String {
    let flat = DisplayName.escaped(text.replacing("\n", with: " "))
    return flat.count <= 380 ? flat : flat.prefix(380) + "…"
  }

  /// Where nobody listens any more (a closed pipe), what is said is lost and the work goes on.
  static func write(_ text: String) {
    let bytes = Array(text.utf8)
    var written = 0
    while written < bytes.count {
      let count = bytes[written...].withUnsafeBytes {
        Foundation.write(STDERR_FILENO, $0.baseAddress, $0.count)
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return }
      written += count
    }
  }

  /// May lines be drawn over? Only where a person is watching.
  static let isTerminal = isatty(STDERR_FILENO) == 1
}
