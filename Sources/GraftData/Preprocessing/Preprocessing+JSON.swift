import Foundation

extension Preprocessing: Codable {
  private enum CodingKeys: String, CodingKey {
    case version, channels, resize, filter, fit, crop, scale, mean, std, alpha, exif, pad
  }

  /// The version of the format that is written, and the only one that is read.
  private static let version = 1

  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    func choice<T: RawRepresentable<String>>(_ key: CodingKeys, _ expected: String) throws -> T {
      let text = try values.decode(String.self, forKey: key)
      guard let value = T(rawValue: text) else {
        throw DataError(
          "\(key.stringValue) is \"\(DisplayName.escaped(text))\"; expected \(expected)")
      }
      return value
    }

    let version = try values.decode(Int.self, forKey: .version)
    guard version == Self.version else {
      throw DataError("version is \(version); graft reads version \(Self.version). Update graft")
    }
    let alpha = try values.decode(String.self, forKey: .alpha)
    guard alpha == "drop" else {
      throw DataError("alpha is \"\(DisplayName.escaped(alpha))\"; expected \"drop\"")
    }
    self.init(
      channels: try choice(.channels, "\"RGB\" or \"BGR\""),
      resize: try values.decodeIfPresent(Int.self, forKey: .resize),
      filter: try choice(.filter, "\"bilinear-antialias\""),
      fit: try choice(.fit, "\"crop\", \"pad\" or \"stretch\""),
      crop: try values.decodeIfPresent(Int.self, forKey: .crop),
      scale: try values.decode(Double.self, forKey: .scale),
      mean: try values.decode([Double].self, forKey: .mean),
      std: try values.decode([Double].self, forKey: .std),
      exif: try values.decode(Bool.self, forKey: .exif),
      padColor: try values.decodeIfPresent([UInt8].self, forKey: .pad))
    try validate()
  }

  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(Self.version, forKey: .version)
    try values.encode(channels.rawValue, forKey: .channels)
    try values.encode(resize, forKey: .resize)
    try values.encode(filter.rawValue, forKey: .filter)
    try values.encode(fit.rawValue, forKey: .fit)
    try values.encode(crop, forKey: .crop)
    try values.encode(scale, forKey: .scale)
    try values.encode(mean, forKey: .mean)
    try values.encode(std, forKey: .std)
    try values.encode("drop", forKey: .alpha)
    try values.encode(exif, forKey: .exif)
    try values.encodeIfPresent(padColor, forKey: .pad)
  }
}

// MARK: - Text

extension Preprocessing {
  /// Reads the JSON object that `graft.preprocess` holds.
  public init(json: String) throws(DataError) {
    do {
      self = try JSONDecoder().decode(Preprocessing.self, from: Data(json.utf8))
    } catch let error as DataError {
      throw error
    } catch let error as DecodingError {
      throw Self.explain(error)
    } catch {
      throw DataError("not a JSON object")
    }
  }

  /// The JSON object on one line, keys in alphabetical order.
  public var json: String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    guard let data = try? encoder.encode(self) else {
      preconditionFailure("preprocessing that is not valid: \(self)")
    }
    return String(decoding: data, as: UTF8.self)
  }

  private static func explain(_ error: DecodingError) -> DataError {
    func name(_ context: DecodingError.Context) -> String {
      context.codingPath.first.map { DisplayName.escaped($0.stringValue) } ?? "the JSON object"
    }
    switch error {
    case .keyNotFound(let key, _):
      return DataError("\(DisplayName.escaped(key.stringValue)) is missing")
    case .valueNotFound(_, let context): return DataError("\(name(context)) is null")
    case .typeMismatch(_, let context):
      return DataError("\(name(context)) is of another type than expected")
    case .dataCorrupted(let context) where !context.codingPath.isEmpty:
      return DataError("\(name(context)) is not a number that graft reads")
    default: return DataError("not a JSON object")
    }
  }
}
