import Foundation
import Graft

/// Paths as they were typed, byte for byte.
///
/// Arguments come as text, in which bytes that are no UTF-8 are lost; names of files may have such
/// bytes. The process's own list of arguments still has them.
enum PathArguments {
  /// The path of an argument.
  static func path(_ text: String) -> FilePath { paths([text])[0] }

  /// The paths of some arguments, in the order in which they were typed.
  static func paths(_ texts: [String]) -> [FilePath] {
    var typed: [String: [FilePath]] = [:]
    for argument in CommandLine.unsafeArgv.advanced(by: 1).all {
      let text = String(cString: argument)
      if text.unicodeScalars.contains("\u{FFFD}") {
        typed[text, default: []].append(FilePath(platformString: argument))
      }
    }
    return texts.map { text in
      guard let first = typed[text]?.first else { return FilePath(text) }
      typed[text]?.removeFirst()
      return first
    }
  }
}

extension UnsafeMutablePointer where Pointee == UnsafeMutablePointer<CChar>? {
  /// The elements before the closing nil.
  fileprivate var all: [UnsafeMutablePointer<CChar>] {
    var found: [UnsafeMutablePointer<CChar>] = []
    while let element = self[found.count] { found.append(element) }
    return found
  }
}
