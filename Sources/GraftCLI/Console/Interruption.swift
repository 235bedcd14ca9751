import Foundation
import Graft

/// Ctrl-C and SIGTERM: the first asks the work to end after its step, the second ends it at once.
enum Interruption {
  // Written by the signal handler only; a word-sized store is all it does.
  nonisolated(unsafe) private static var received: Int32 = 0

  static func listen() {
    for number in [SIGINT, SIGTERM] {
      signal(number) { number in
        if Interruption.received != 0 { _exit(128 + number) }
        Interruption.received = number
      }
    }
    // A program that starts graft from a thread of its own may hand down that thread's blocked
    // signals; Ctrl-C has to work all the same.
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGINT)
    sigaddset(&signals, SIGTERM)
    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
  }

  static var directive: Directive { received == 0 ? .proceed : .stop }

  /// The error with which an interrupted command ends.
  static func error(_ message: String, hints: [String] = []) -> GraftError {
    GraftError(message, kind: received == SIGTERM ? .terminated : .interrupted, hints: hints)
  }
}
