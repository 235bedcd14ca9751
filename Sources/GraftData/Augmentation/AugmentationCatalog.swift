/// The augmentations by name, as settings and the command line spell them.
///
/// A name may be followed by numbers, each after a colon: `rotate:15`, `randaugment:2:9`.
public enum AugmentationCatalog {
  /// An augmentation, or several under one name.
  public struct Entry: Sendable {
    /// As it is written.
    public let name: String
    /// What may follow the name, such as `[:DEGREES]`.
    public let numbers: String
    /// In some words.
    public let summary: String

    /// Of the numbers that may follow.
    fileprivate let ranges: [ClosedRange<Double>]
    /// Are they counts?
    fileprivate var areWhole = false
    fileprivate let make: @Sendable ([Double]) -> [any Augmentation]

    /// The name and what may follow it.
    public var usage: String { name + numbers }
  }

  /// Sets first, then single ones.
  public static let entries: [Entry] = sets + singles

  private static let sets: [Entry] = [
    Entry(name: "none", numbers: "", summary: "photos as they are", ranges: []) { _ in [] },
    Entry(
      name: "light", numbers: "", summary: "crop:0.6, flip and jitter:0.2", ranges: []
    ) { _ in
      [
        RandomResizedCrop(scale: 0.6...1), HorizontalFlip(),
        ColorJitter(brightness: 0.2, contrast: 0.2, saturation: 0.2),
      ]
    },
    Entry(
      name: "strong", numbers: "", summary: "crop:0.25, flip, trivialaugment and erase", ranges: []
    ) { _ in
      [RandomResizedCrop(scale: 0.25...1), HorizontalFlip(), TrivialAugment(), RandomErasing()]
    },
    Entry(name: "cifar", numbers: "", summary: "shift:0.125 and flip", ranges: []) { _ in
      [PadCrop(), HorizontalFlip()]
    },
  ]

  private static let singles: [Entry] = [
    Entry(
      name: "crop", numbers: "[:LEAST]",
      summary: "a random part of at least this area (0.08)", ranges: [0.01...1]
    ) { [RandomResizedCrop(scale: ($0.first ?? 0.08)...1)] },
    Entry(
      name: "shift", numbers: "[:PART]",
      summary: "moved by up to this part of the side (0.125)", ranges: [0...1]
    ) { [PadCrop(margin: $0.first ?? 0.125)] },
    Entry(name: "flip", numbers: "", summary: "left and right exchanged", ranges: []) { _ in
      [HorizontalFlip()]
    },
    Entry(name: "vflip", numbers: "", summary: "top and bottom exchanged", ranges: []) { _ in
      [VerticalFlip()]
    },
    Entry(
      name: "rotate", numbers: "[:DEGREES]",
      summary: "turned by up to this angle (15)", ranges: [0...180]
    ) { [Rotation(degrees: $0.first ?? 15)] },
    Entry(
      name: "jitter", numbers: "[:AMOUNT[:HUE]]",
      summary: "brightness, contrast, saturation (0.2); hue (0)",
      ranges: [0...1, 0...0.5]
    ) {
      let amount = $0.first ?? 0.2
      let hue = $0.count > 1 ? $0[1] : 0
      return [ColorJitter(brightness: amount, contrast: amount, saturation: amount, hue: hue)]
    },
    Entry(
      name: "erase", numbers: "[:OFTEN]",
      summary: "a rectangle of noise, this often (0.5)", ranges: [0...1]
    ) { [RandomErasing(probability: $0.first ?? 0.5)] },
    Entry(
      name: "elastic", numbers: "[:ALPHA]",
      summary: "bent like rubber (34), for digits and letters", ranges: [0...500]
    ) { [ElasticDeformation(alpha: $0.first ?? 34)] },
    Entry(
      name: "randaugment", numbers: "[:N[:M]]",
      summary: "N random operations (2) of strength M of 30 (9)",
      ranges: [1...14, 0...30], areWhole: true
    ) {
      [RandAugment(operations: Int($0.first ?? 2), magnitude: Int($0.count > 1 ? $0[1] : 9))]
    },
    Entry(
      name: "trivialaugment", numbers: "",
      summary: "one random operation of random strength", ranges: []
    ) { _ in [TrivialAugment()] },
  ]
}

// MARK: - Reading

extension AugmentationCatalog {
  /// The augmentations of a text such as `flip,rotate:15`.
  static func parts(of text: String) throws(DataError) -> [any Augmentation] {
    var parts: [any Augmentation] = []
    for word in text.split(separator: ",", omittingEmptySubsequences: false) {
      parts += try augmentations(of: word)
    }
    return parts
  }

  private static func augmentations(of word: Substring) throws(DataError) -> [any Augmentation] {
    let pieces = word.split(separator: ":", omittingEmptySubsequences: false)
    let name = String(pieces.first ?? "")
    guard let entry = entries.first(where: { $0.name == name }) else {
      throw DataError(
        name.isEmpty
          ? "an augmentation has no name; expected names separated by commas"
          : "no augmentation is called '\(DisplayName.escaped(name))'",
        hints: ["known: " + entries.map(\.usage).joined(separator: ", ")])
    }
    let texts = pieces.dropFirst()
    guard texts.count <= entry.ranges.count else {
      throw DataError(
        "'\(DisplayName.escaped(String(word)))' has too many numbers; expected \(entry.usage)")
    }
    var numbers: [Double] = []
    for (text, range) in zip(texts, entry.ranges) {
      guard let number = Double(text), range.contains(number),
        !entry.areWhole || number == number.rounded()
      else {
        throw DataError(
          "'\(DisplayName.escaped(String(word)))': '\(DisplayName.escaped(String(text)))' is not a "
            + (entry.areWhole ? "whole number" : "number")
            + " from \(short(range.lowerBound)) to \(short(range.upperBound)); "
            + "expected \(entry.usage)")
      }
      numbers.append(number)
    }
    return entry.make(numbers)
  }

  private static func short(_ number: Double) -> String {
    number == number.rounded() ? "\(Int(number))" : "\(number)"
  }
}
