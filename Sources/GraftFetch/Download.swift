internal import GraftData
public import SystemPackage

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// A file to fetch: what it is, where it may be had, and where it goes.
///
/// What arrives lies in a partial file beside the destination, which the next attempt, by any
/// program, goes on with. The destination appears whole and checked, or not at all.
public struct Download: Sendable {
  /// Addresses to try, best first.
  public var urls: [String]
  /// Size of the file.
  public var bytes: Int
  /// Of the file, in hexadecimal; what decides.
  public var sha256: String
  /// Where the file goes; its folder is there.
  public var destination: FilePath
  /// Seconds without a byte after which a connection counts as broken.
  public var patience = 30
  /// Seconds before a broken connection is tried again; doubled each time that nothing new came.
  public var pause = 0.5

  /// A download that has not begun.
  public init(urls: [String], bytes: Int, sha256: String, destination: FilePath) {
    self.urls = urls
    self.bytes = bytes
    self.sha256 = sha256
    self.destination = destination
  }

  /// What a download tells while it runs.
  public enum Event: Hashable, Sendable {
    /// An address is asked.
    case asks(url: String)
    /// So many bytes of the file are here.
    case has(bytes: Int)
    /// An address is given up.
    case givesUp(FailedSource)
    /// All bytes are here and are checked.
    case checks
  }

  /// Where what has arrived lies until it is complete.
  public var partialFile: FilePath {
    let name = destination.lastComponent?.string ?? "file"
    return destination.removingLastComponent().appending("\(name).\(sha256.prefix(12)).part")
  }

  private static let userAgent = "graft"
  /// Attempts in a row that bring nothing new before an address is given up.
  private static let attempts = 4
}

// MARK: - Running

extension Download {
  /// Fetches the file.
  ///
  /// - Parameter onEvent: called several times a second; false asks to stop.
  public func run(onEvent: (Event) -> Bool) throws(FetchError) {
    if let problem = Transfer.problem { throw .noLibrary(problem) }
    let part = try PartialFile(partialFile)
    defer {
      if part.count == 0 { part.remove() }
      part.close()
    }
    var failed: [FailedSource] = []
    for url in urls {
      guard onEvent(.asks(url: url)) else { throw .interrupted(kept: part.count) }
      guard let reason = try fetch(url, part, onEvent) else {
        return try part.move(to: destination)
      }
      failed.append(FailedSource(url: url, reason: reason))
      guard onEvent(.givesUp(failed[failed.count - 1])) else {
        throw .interrupted(kept: part.count)
      }
    }
    throw .unavailable(failed)
  }

  /// All of the file from one address, connection after connection.
  ///
  /// - Returns: why the address is given up; nil where the file is complete and right.
  private func fetch(
    _ url: String, _ part: PartialFile, _ onEvent: (Event) -> Bool
  ) throws(FetchError) -> String? {
    var failures = 0
    var furthest = part.count
    while true {
      if part.count < bytes {
        switch try attempt(url, part, onEvent) {
        case .complete: break
        case .refused(let reason): return reason
        case .interrupted: throw .interrupted(kept: part.count)
        case .broken(let reason):
          failures = part.count > furthest ? 1 : failures + 1
          furthest = max(furthest, part.count)
          guard failures < Self.attempts else { return reason }
          let doubled = pause * Double(1 << (failures - 1))
          guard wait(doubled, part, onEvent) else { throw .interrupted(kept: part.count) }
          continue
        }
      }
      guard onEvent(.checks) else { throw .interrupted(kept: part.count) }
      let found = try part.hash()
      if found == sha256 { return nil }
      try part.truncate()
      return "sends another file: its SHA-256 begins with \(found.prefix(12)), the model's with "
        + "\(sha256.prefix(12))"
    }
  }

  /// In short sleeps, so that the caller can stop it.
  private func wait(_ seconds: Double, _ part: PartialFile, _ onEvent: (Event) -> Bool) -> Bool {
    var left = seconds
    while left > 0 {
      guard onEvent(.has(bytes: part.count)) else { return false }
      usleep(UInt32(min(left, 0.1) * 1e6))
      left -= 0.1
    }
    return true
  }

  private enum Attempt {
    case complete, interrupted
    /// The address has not got the file.
    case refused(String)
    /// Another attempt may go further.
    case broken(String)
  }

  /// One connection, which goes on behind what is there.
  private func attempt(
    _ url: String, _ part: PartialFile, _ onEvent: (Event) -> Bool
  ) throws(FetchError) -> Attempt {
    var refusal: String?
    var restarts = false
    // A server without ranges sends the file from its beginning.
    var beginsAnew = false
    var failure: FetchError?
    let first = part.count
    let end = withoutActuallyEscaping(onEvent) { onEvent in
      let transfer = Transfer()
      transfer.onAnswer = { answer in
        if first > 0, answer.code == 416 || (answer.code == 206 && answer.range?.first != first) {
          // What is here does not fit what is there.
          restarts = true
          return false
        }
        refusal = self.refusal(of: answer, from: first)
        beginsAnew = answer.code == 200
        return refusal == nil
      }
      transfer.onPiece = { piece in
        if beginsAnew { refusal = Self.refusal(ofBeginning: piece) }
        if !beginsAnew, part.count + piece.count > self.bytes {
          refusal = "sends more than the \(self.bytes) bytes of the model"
        }
        guard refusal == nil else { return false }
        do throws(FetchError) {
          if beginsAnew { try part.truncate() }
          beginsAnew = false
          try part.append(piece)
        } catch {
          failure = error
          return false
        }
        return true
      }
      transfer.onTick = { onEvent(.has(bytes: part.count)) }
      return transfer.run(url, from: first, userAgent: Self.userAgent, patience: patience)
    }
    if let failure { throw failure }
    if let refusal {
      // What came may be of another file.
      if part.count != first { try part.truncate() }
      return .refused(refusal)
    }
    if restarts {
      try part.truncate()
      return .broken("does not go on where the last connection broke off")
    }
    switch end {
    case .stopped: return .interrupted
    case .broken(let reason):
      return .broken(
        part.count > 0
          ? "breaks off after \(part.count) of \(bytes) bytes: \(reason)"
          : "cannot be reached: \(reason)")
    case .complete:
      guard part.count < bytes else { return .complete }
      return .broken("ends after \(part.count) of \(bytes) bytes")
    }
  }

  private func refusal(of answer: Transfer.Answer, from first: Int) -> String? {
    guard answer.code == 200 || answer.code == 206 else { return "answers \(answer.code)" }
    let begin = answer.code == 206 ? first : 0
    let total = answer.range?.total ?? answer.length.map { begin + $0 }
    guard let total, total != bytes else { return nil }
    // A note of Git LFS or a web page says more than its length; they are short.
    guard total > Self.longestNote else { return nil }
    return "offers \(total) bytes; the model has \(bytes)"
  }

  private static let longestNote = 1 << 20

  private static func refusal(ofBeginning piece: UnsafeRawBufferPointer) -> String? {
    let text = String(decoding: piece.prefix(64), as: UTF8.self).lowercased()
    if text.hasPrefix("version https://git-lfs") {
      return "sends a note of Git LFS that stands for the model, not the model"
    }
    let begin = text.drop { $0.isWhitespace }
    if begin.hasPrefix("<!doctype") || begin.hasPrefix("<html") || begin.hasPrefix("<?xml") {
      return "sends a web page, not the model"
    }
    return nil
  }
}
