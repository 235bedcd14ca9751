import GraftKernels

extension Graph {
  /// SHA-256 of what the network computes: operators, their attributes, how they are wired, and
  /// every weight. Names do not count.
  ///
  /// Weights are hashed side by side, tensor by tensor, since large networks have gigabits of them.
  func fingerprint() throws(GraftError) -> ContentHash {
    let names = parameters.keys.sorted()
    let digests = weightDigests(names)
    var numbers: [String: Int] = [:]
    var hasher = ContentHasher()
    func number(_ name: String) -> Int {
      if let number = numbers[name] { return number }
      numbers[name] = numbers.count
      return numbers.count - 1
    }
    func add(_ text: String) { hasher.update(Array("\(text)\n".utf8)) }

    for input in inputs { add("input \(number(input.name)) \(input.imageShape)") }
    for node in nodes {
      var encoder = NodeEncoder(opset: supportedOpsets.upperBound)
      node.operator.encode(into: &encoder)
      add("\(node.opType) \(encoder.attributes.map { "\($0.name)=\($0.value)" }.sorted())")
      add("\(encoder.constantInputs)")
      for name in node.inputs {
        if let digest = digests[name], numbers[name] == nil {
          add("weight \(parameters[name]?.tensor.shape ?? []) \(digest)")
        }
        add("in \(number(name))")
      }
      for name in node.outputs { add("out \(number(name))") }
    }
    for output in outputs { add("output \(number(output))") }
    return hasher.finalize()
  }

  private func weightDigests(_ names: [String]) -> [String: ContentHash] {
    let digests = Slots<ContentHash>(count: names.count)
    Parallel.run(names.count) { index in
      guard let tensor = parameters[names[index]]?.tensor else { return }
      tensor.withUnsafeElements { elements in
        var hasher = ContentHasher()
        hasher.update(UnsafeRawBufferPointer(elements))
        digests.set(index, hasher.finalize())
      }
    }
    return Dictionary(
      uniqueKeysWithValues: names.indices.compactMap { index in
        digests[index].map { (names[index], $0) }
      })
  }
}

/// One place for the result of each task of a parallel run.
final class Slots<Value: Sendable>: @unchecked Sendable {
  // @unchecked: each task writes its own place, and reading comes after the run.
  private let places: UnsafeMutableBufferPointer<Value?>

  init(count: Int) {
    places = .allocate(capacity: count)
    places.initialize(repeating: nil)
  }

  func set(_ index: Int, _ value: Value) { places[index] = value }
  subscript(index: Int) -> Value? { places[index] }

  deinit {
    places.deinitialize()
    places.deallocate()
  }
}
