import Foundation

/// What graft knows of a published network: one file of `models/`.
public struct ModelRecord: Hashable, Sendable, Codable {
  /// A place from which the file can be had.
  public struct Source: Hashable, Sendable, Codable {
    /// Where the file is to be had.
    public var url: String
    /// Has a person seen it deliver the file?
    public var checked: Bool
  }

  /// Published accuracy in percent.
  public struct Accuracy: Hashable, Sendable, Codable {
    /// The photos that the accuracy was measured on.
    public var dataset: String
    /// Percent of the photos named right.
    public var top1: Double
    /// Percent of the photos with the right name among the first five.
    public var top5: Double?
  }

  /// The same network in another published file.
  public struct Variant: Hashable, Sendable, Codable {
    /// Names of the file, without `.onnx`; more than one where files are the same, byte for byte.
    public var names: [String]
    /// The version of the ONNX operators in the file.
    public var opset: Int
    /// Size of the file.
    public var bytes: Int
    /// Of the file, in hexadecimal.
    public var sha256: String
    /// How its numbers are stored where they are 8 bits wide: `int8` or `qdq`.
    public var quantized: String?
  }

  /// The name to ask for.
  public var name: String
  /// Other names that mean the same.
  public var aliases: [String]
  /// The architecture, such as `ResNet`.
  public var family: String
  /// One line for a person.
  public var description: String
  /// Where the weights come from, best first.
  public var sources: [Source]
  /// Of the file, in hexadecimal.
  public var sha256: String
  /// Size of the file.
  public var bytes: Int
  /// SPDX identifier, or `unstated`.
  public var licence: String
  /// The version of the ONNX operators in the file.
  public var opset: Int
  /// What the network was trained to see.
  public var preprocessing: Preprocessing
  /// False where the model's page is silent or vague about its preprocessing.
  public var preprocessingVerified: Bool
  /// Name of a list of labels.
  public var labels: String
  /// What its authors measured.
  public var accuracy: Accuracy?
  /// What a person should know.
  public var notes: [String]?
  /// Other files of the same network: other opsets, or weights of 8 bits.
  public var variants: [Variant]?
}

// MARK: - All records

extension ModelRecord {
  /// Every known model, by name.
  public static let all: [ModelRecord] = EmbeddedFiles.names
    .filter { $0.hasSuffix(".json") && !$0.contains("/") && $0 != "default.json" }
    .compactMap { name in
      EmbeddedFiles.bytes(name).flatMap { try? JSONDecoder().decode(ModelRecord.self, from: $0) }
    }
    .sorted { $0.name < $1.name }

  /// Every published file: each record, then its variants as records of their own.
  public static let files: [ModelRecord] = all.flatMap { record in
    [record] + (record.variants ?? []).map(record.withVariant)
  }

  /// The published files of this size: what a file may be before it is hashed.
  static func files(ofSize bytes: Int) -> [ModelRecord] {
    all.flatMap { record in
      (record.bytes == bytes ? [record] : [])
        + (record.variants ?? []).filter { $0.bytes == bytes }.map(record.withVariant)
    }
  }

  /// The record of that name or alias, or of that file; `_` is as good as `-`.
  public static func named(_ name: String) -> ModelRecord? {
    let name = spelled(name)
    return files.first { record in ([record.name] + record.aliases).contains { spelled($0) == name }
    }
  }

  private static func spelled(_ name: String) -> String {
    name.lowercased().replacing("_", with: "-")
  }

  /// A variant as a record: what differs, and addresses with its file's name in place of this one's.
  private func withVariant(_ variant: Variant) -> ModelRecord {
    var record = self
    record.name = variant.names[0]
    record.aliases = Array(variant.names.dropFirst())
    (record.opset, record.bytes, record.sha256) = (variant.opset, variant.bytes, variant.sha256)
    record.sources = sources.compactMap { source in
      guard let file = source.url.split(separator: "/").last, file.hasSuffix(".onnx") else {
        return nil
      }
      let url = source.url.replacing(String(file.dropLast(5)), with: variant.names[0])
      return Source(url: url, checked: false)
    }
    if variant.quantized != nil { record.accuracy = nil }
    record.variants = nil
    return record
  }

  /// The class names of the model, in output order; nil where the list is not known.
  public var labelNames: [String]? { Self.labelNames(labels) }

  /// The thousand classes of ImageNet, in the order of everybody's networks.
  static var imageNetLabels: [String]? { labelNames("imagenet") }

  private static func labelNames(_ list: String) -> [String]? {
    EmbeddedFiles.bytes("labels/\(list).json")
      .flatMap { try? JSONDecoder().decode([String].self, from: $0) }
  }

  /// The known name nearest to one that is not known, for "Did you mean".
  public static func nearest(to name: String) -> String? {
    let names = all.flatMap { [$0.name] + $0.aliases }
    let ranked = names.map { ($0, editDistance($0, name)) }.min { $0.1 < $1.1 }
    guard let (nearest, distance) = ranked, distance <= max(2, name.count / 3) else { return nil }
    return nearest
  }
}

/// Insertions, deletions and substitutions that turn one text into another (Levenshtein 1966).
package func editDistance(_ a: String, _ b: String) -> Int {
  let (a, b) = (Array(a.lowercased()), Array(b.lowercased()))
  var row = Array(0...b.count)
  for i in a.indices {
    var diagonal = row[0]
    row[0] = i + 1
    for j in b.indices {
      let substituted = diagonal + (a[i] == b[j] ? 0 : 1)
      diagonal = row[j + 1]
      row[j + 1] = min(substituted, row[j] + 1, diagonal + 1)
    }
  }
  return row[b.count]
}
