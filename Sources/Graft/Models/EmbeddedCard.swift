import Foundation

/// What `models/default.json` says of the network that is part of graft itself.
public struct EmbeddedCard: Hashable, Sendable, Codable {
  /// `default`
  public var name: String
  /// What it learned from, and how.
  public var description: String
  /// SPDX identifier of the weights.
  public var licence: String
  /// Of `models/default.onnx`, in hexadecimal.
  public var sha256: String
  /// Size of that file.
  public var bytes: Int
  /// Measured by graft, in percent.
  public var accuracy: ModelRecord.Accuracy

  /// The card; nil where this build has no default network.
  public static let ofDefault: EmbeddedCard? = EmbeddedFiles.bytes("default.json")
    .flatMap { try? JSONDecoder().decode(EmbeddedCard.self, from: $0) }
}
