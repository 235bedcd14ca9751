/// Why a file could not be fetched.
public enum FetchError: Error, Hashable, Sendable {
  /// No place had it: each with the reason, in the order in which they were tried.
  case unavailable([FailedSource])
  /// The caller asked to stop; so many bytes are kept for the next time.
  case interrupted(kept: Int)
  /// Another program is fetching the same file.
  case busy
  /// libcurl is not on this machine, in the system's words.
  case noLibrary(String)
  /// The file cannot be written here: the reason, without the path.
  case cannotWrite(String)
}

/// An address that did not deliver, and why.
public struct FailedSource: Hashable, Sendable {
  /// The address.
  public let url: String
  /// In words that follow the address: `answers 404`.
  public let reason: String

  /// An address and why it did not deliver.
  public init(url: String, reason: String) {
    self.url = url
    self.reason = reason
  }
}
