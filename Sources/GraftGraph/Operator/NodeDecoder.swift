public import GraftONNX
public import GraftTensor

/// One ONNX node as an operator reads it: typed attributes, constant inputs, and a memory of what
/// was asked for, so that nothing in the file is silently ignored.
///
/// Errors state the fact (`attribute group is 0; expected at least 1`); the importer adds the node.
public struct NodeDecoder: ~Copyable {
  /// The ONNX operator of the node.
  public let opType: String
  /// The opset under which the file wrote this node.
  public let opset: Int
  /// How many inputs the file gives, absent optional ones in between counted.
  public let inputCount: Int
  /// How many outputs the node has, up to the last one that somebody reads.
  public let outputCount: Int
  /// How many outputs the file names, read or not.
  public let namedOutputCount: Int
  private let attributes: [String: ONNXAttribute.Value]
  private let inputs: [DecodedInput]
  private let record = Record()

  private final class Record {
    var attributes: Set<String> = []
    var constantInputs: Set<Int> = []
  }

  /// A node of a file, with what is known of its inputs.
  public init(
    opType: String, opset: Int, attributes: [String: ONNXAttribute.Value], inputs: [DecodedInput],
    outputCount: Int = 1, namedOutputCount: Int? = nil
  ) {
    self.opType = opType
    self.opset = opset
    self.attributes = attributes
    self.inputs = inputs
    inputCount = inputs.count
    self.outputCount = outputCount
    self.namedOutputCount = namedOutputCount ?? outputCount
  }

  /// Attributes of the file that no getter was asked for, sorted.
  public var unreadAttributes: [String] {
    attributes.keys.filter { !record.attributes.contains($0) }.sorted()
  }

  /// Indices of the inputs that were read as constants; they are no longer part of the data flow.
  public var consumedInputs: Set<Int> { record.constantInputs }
}

/// What the importer knows of an input of a node that is being decoded.
public enum DecodedInput: Sendable {
  case absent
  /// A float value computed at run time.
  case activation(Shape)
  case floats(Tensor)
  /// Integers known while importing. `forBatch` gives them for two batch sizes, 2 and 3: they
  /// differ where the value depends on the batch size.
  case integers(forBatch2: IntegerTensor, forBatch3: IntegerTensor)
}

/// One entry of a shape that may depend on the batch size.
public enum BatchDimension: Hashable, Sendable {
  case fixed(Int)
  /// This many times the batch size.
  case batch(multiple: Int)
}

// MARK: - Attributes

extension NodeDecoder {
  /// Does the node have this attribute?
  public func has(_ name: String) -> Bool { attributes[name] != nil }

  /// Marks an attribute as read that means nothing to graft, such as `consumed_inputs`.
  public func ignore(_ name: String) { record.attributes.insert(name) }

  /// An integer attribute, or its default where the node has none.
  public func int(_ name: String, default value: Int) throws(ONNXError) -> Int {
    try optionalInt(name) ?? value
  }

  /// An integer attribute; nil where the node has none.
  public func optionalInt(_ name: String) throws(ONNXError) -> Int? {
    switch take(name) {
    case nil: return nil
    case .int(let value): return value
    case .some(let other): throw wrongKind(name, other, expected: "an int")
    }
  }

  /// A list of integers; nil where the node has none.
  public func ints(_ name: String) throws(ONNXError) -> [Int]? {
    switch take(name) {
    case nil: return nil
    case .ints(let values): return values
    case .some(let other): throw wrongKind(name, other, expected: "a list of ints")
    }
  }

  /// A number attribute, or its default where the node has none.
  public func float(_ name: String, default value: Float) throws(ONNXError) -> Float {
    try optionalFloat(name) ?? value
  }

  /// A number attribute; nil where the node has none.
  public func optionalFloat(_ name: String) throws(ONNXError) -> Float? {
    switch take(name) {
    case nil: return nil
    case .float(let value): return value
    case .some(let other): throw wrongKind(name, other, expected: "a float")
    }
  }

  /// A list of numbers; nil where the node has none.
  public func floats(_ name: String) throws(ONNXError) -> [Float]? {
    switch take(name) {
    case nil: return nil
    case .floats(let values): return values
    case .some(let other): throw wrongKind(name, other, expected: "a list of floats")
    }
  }

  /// A text attribute, or its default where the node has none.
  public func string(_ name: String, default value: String) throws(ONNXError) -> String {
    switch take(name) {
    case nil: return value
    case .string(let value): return value
    case .some(let other): throw wrongKind(name, other, expected: "a string")
    }
  }

  /// A tensor attribute; nil where the node has none.
  public func tensor(_ name: String) throws(ONNXError) -> ONNXTensor? {
    switch take(name) {
    case nil: return nil
    case .tensor(let value): return value
    case .some(let other): throw wrongKind(name, other, expected: "a tensor")
    }
  }

  private func take(_ name: String) -> ONNXAttribute.Value? {
    record.attributes.insert(name)
    return attributes[name]
  }

  private func wrongKind(
    _ name: String, _ value: ONNXAttribute.Value, expected: String
  ) -> ONNXError {
    ONNXError("attribute \(name) is \(value.kind); expected \(expected)")
  }
}

extension ONNXAttribute.Value {
  /// What the attribute holds, in words.
  public var kind: String {
    switch self {
    case .float: "a float"
    case .int: "an int"
    case .string: "a string"
    case .tensor: "a tensor"
    case .floats: "a list of floats"
    case .ints: "a list of ints"
    case .strings: "a list of strings"
    case .other(let kind): "a \(kind)"
    }
  }
}

// MARK: - Inputs

extension NodeDecoder {
  /// Is there anything at this input?
  public func hasInput(_ index: Int) -> Bool {
    guard index < inputs.count else { return false }
    if case .absent = inputs[index] { return false }
    return true
  }

  /// Is the input known while importing?
  public func isConstant(_ index: Int) -> Bool {
    guard index < inputs.count else { return false }
    return switch inputs[index] {
    case .absent, .activation: false
    case .floats, .integers: true
    }
  }

  /// The shape of a float input; nil where there is none.
  public func inputShape(_ index: Int) -> Shape? {
    guard index < inputs.count else { return nil }
    switch inputs[index] {
    case .absent, .integers: return nil
    case .activation(let shape): return shape
    case .floats(let tensor): return tensor.shape
    }
  }

  /// The dimensions of the constant integers at an input, empty for a scalar; nil where there are
  /// none.
  public func integerDimensions(_ index: Int) -> [Int]? {
    guard index < inputs.count, case .integers(let tensor, _) = inputs[index] else { return nil }
    return tensor.dimensions
  }

  /// The integers at an input, which from now on is no part of the data flow; nil where absent.
  ///
  /// - Throws: where the value is computed at run time, or depends on the batch size.
  public func constantInts(input index: Int, named name: String) throws(ONNXError) -> [Int]? {
    guard let dimensions = try constantDimensions(input: index, named: name) else { return nil }
    var values: [Int] = []
    for dimension in dimensions {
      guard case .fixed(let value) = dimension else {
        throw ONNXError("input \(name) depends on the batch size; graft needs a constant there")
      }
      values.append(value)
    }
    return values
  }

  /// The entries of a shape at an input, which from now on is no part of the data flow.
  public func constantDimensions(
    input index: Int, named name: String
  ) throws(ONNXError) -> [BatchDimension]? {
    guard hasInput(index) else { return nil }
    guard case .integers(let two, let three) = inputs[index] else {
      throw ONNXError("input \(name) is computed at run time; graft needs a constant there")
    }
    record.constantInputs.insert(index)
    guard two.dimensions == three.dimensions else {
      throw ONNXError("the length of input \(name) depends on the batch size")
    }
    return try zip(two.values, three.values).map { (a, b) throws(ONNXError) in
      if a == b { return .fixed(a) }
      guard a == 2 * (b - a), b > a else {
        throw ONNXError("input \(name) depends on the batch size in a way graft does not read")
      }
      return .batch(multiple: b - a)
    }
  }

  /// The floats at an input, which from now on is no part of the data flow; nil where absent.
  ///
  /// - Throws: where the value is computed at run time.
  public func constantFloats(input index: Int, named name: String) throws(ONNXError) -> Tensor? {
    guard hasInput(index) else { return nil }
    guard case .floats(let tensor) = inputs[index] else {
      throw ONNXError("input \(name) is computed at run time; graft needs a constant there")
    }
    record.constantInputs.insert(index)
    return tensor
  }

  /// One number at an input, of floats or of integers; nil where absent.
  public func constantNumber(input index: Int, named name: String) throws(ONNXError) -> Float? {
    guard integerDimensions(index) != nil else {
      return try constantFloat(input: index, named: name)
    }
    let numbers = try constantInts(input: index, named: name) ?? []
    guard numbers.count == 1 else {
      throw ONNXError("input \(name) has \(numbers.count) numbers; expected one")
    }
    return Float(numbers[0])
  }

  /// One float at an input, such as the limits of Clip; nil where absent.
  public func constantFloat(input index: Int, named name: String) throws(ONNXError) -> Float? {
    guard let tensor = try constantFloats(input: index, named: name) else { return nil }
    guard tensor.shape.elementCount == 1 else {
      throw ONNXError("input \(name) has shape \(tensor.shape); expected one number")
    }
    return tensor.elements[0]
  }
}
