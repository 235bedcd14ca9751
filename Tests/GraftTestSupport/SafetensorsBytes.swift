package import GraftTensor

/// Tensors as the bytes of a safetensors file, one behind the other.
package struct SafetensorsBytes {
  private var entries: [String] = []
  private var data: [UInt8] = []

  package init() {}

  /// Adds a tensor of any type.
  package mutating func append(
    _ name: String, type: String, _ dimensions: [Int], _ bytes: some Sequence<UInt8>
  ) {
    let begin = data.count
    data += bytes
    entries.append(
      #""\#(name)":{"dtype":"\#(type)","shape":\#(dimensions),"data_offsets":[\#(begin),\#(data.count)]}"#
    )
  }

  package mutating func append(_ name: String, _ tensor: Tensor) {
    let bytes = tensor.elements.withUnsafeBytes { Array($0) }
    append(name, type: "F32", tensor.shape.dimensions, bytes)
  }

  /// The counter that PyTorch keeps beside running statistics.
  package mutating func appendCounter(_ name: String) {
    append("\(name).num_batches_tracked", type: "I64", [], [UInt8](repeating: 0, count: 8))
  }

  package var bytes: [UInt8] {
    let header = Array(#"{"__metadata__":{"format":"pt"},\#(entries.joined(separator: ","))}"#.utf8)
    return withUnsafeBytes(of: UInt64(header.count).littleEndian) { Array($0) } + header + data
  }
}
