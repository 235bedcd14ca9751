/// What went wrong, for a person: one sentence, hints, and a kind that decides the exit code.
///
/// Everything that the library throws is of this type; what deeper modules found is in the message.
public struct GraftError: Error, Hashable, Sendable {
  /// Kinds with the exit codes of sysexits.h.
  public enum Kind: Int32, Hashable, Sendable {
    case usage = 64
    /// A file or folder holds something that cannot be used.
    case badData = 65
    /// A file or folder is not there.
    case missing = 66
    /// Something is not on this machine and cannot be had.
    case unavailable = 69
    /// A mistake of graft's own.
    case bug = 70
    case cannotCreate = 73
    /// The system failed: disk full, input/output error.
    case system = 74
    case interrupted = 130
    case terminated = 143
  }

  /// What to blame, which decides the exit code of the command line.
  public var kind: Kind
  /// What was found, what was expected, what to do.
  public var message: String
  /// Further lines, printed indented.
  public var hints: [String]

  /// An error with its way out, if there is one.
  public init(_ message: String, kind: Kind = .badData, hints: [String] = []) {
    self.kind = kind
    self.message = message
    self.hints = hints
  }
}

extension GraftError: CustomStringConvertible {
  /// The message and its hints, a line each.
  public var description: String {
    ([message] + hints.map { "  " + $0 }).joined(separator: "\n")
  }
}

// MARK: - From deeper modules

extension GraftError {
  init(_ error: ONNXError) {
    let kind: Kind =
      switch error.kind {
      case .badData: .badData
      case .missing: .missing
      case .system: .system
      case .cannotCreate: .cannotCreate
      }
    self.init(error.message, kind: kind, hints: error.hints)
  }

  /// A graph that cannot be imported, changed or run.
  public init(_ error: GraphError) { self.init(error.message, kind: .badData, hints: error.hints) }
}

extension GraftError {
  /// A photo or folder that cannot be used.
  public init(_ error: DataError) {
    let kind: Kind =
      switch error.kind {
      case .badData: .badData
      case .missing: .missing
      case .system: .system
      case .cannotCreate: .cannotCreate
      }
    self.init(error.message, kind: kind, hints: error.hints)
  }

  /// Training that cannot begin or go on.
  public init(_ error: TrainingError) {
    let kind: Kind =
      switch error.kind {
      case .badData, .diverged: .badData
      case .badSetting: .usage
      case .system: .system
      }
    self.init(error.message, kind: kind, hints: error.hints)
  }
}

/// An error of a deeper module, which the library passes on as its own.
protocol DeeperError: Error {
  var asGraftError: GraftError { get }
}

extension ONNXError: DeeperError { var asGraftError: GraftError { GraftError(self) } }
extension GraphError: DeeperError { var asGraftError: GraftError { GraftError(self) } }
extension DataError: DeeperError { var asGraftError: GraftError { GraftError(self) } }
extension TrainingError: DeeperError { var asGraftError: GraftError { GraftError(self) } }

/// Runs what throws a deeper module's error and throws the library's instead.
func lifting<R, E: DeeperError>(_ body: () throws(E) -> R) throws(GraftError) -> R {
  do { return try body() } catch { throw error.asGraftError }
}
