import GraftGraph
import GraftONNX
import GraftTensor
import Testing

@Suite struct ConstantConversionTests {
  /// A tensor of the given numbers, its bytes beginning `shift` bytes after an aligned address.
  private func tensor<Value: BitwiseCopyable>(
    _ type: ONNXElementType, _ dimensions: [Int], _ values: [Value], shift: Int = 0
  ) -> ONNXTensor {
    let padded = [UInt8](repeating: 0xFF, count: shift) + values.withUnsafeBytes { Array($0) }
    let whole = padded.withUnsafeBytes { ONNXBytes(copying: $0) }
    let bytes = ONNXBytes(
      base: whole.base + shift, count: whole.count - shift, owner: whole.owner)
    return ONNXTensor(name: "w", elementType: type, dimensions: dimensions, bytes: bytes)
  }

  private func refusal(_ tensor: ONNXTensor) -> String? {
    do throws(ONNXError) {
      _ = try Constant(tensor)
      return nil
    } catch {
      return error.message
    }
  }

  @Test(arguments: [0, 1, 2, 4]) func readsFloatsAtAnyAddress(_ shift: Int) throws {
    let constant = try Constant(tensor(.float, [2, 1], [1.5, -2] as [Float], shift: shift))
    #expect(constant == .floats(Tensor([2, 1], [1.5, -2])))
  }

  @Test func borrowsAlignedFloats() throws {
    let source = tensor(.float, [2], [1, 2] as [Float])
    guard case .floats(let floats) = try Constant(source) else { return }
    #expect(UnsafeRawPointer(floats.unsafeView.base) == source.bytes.base)
  }

  /// Large tensors of a mapped file lie at any address, and are not copied.
  @Test(arguments: [1, 2, 3]) func borrowsManyFloatsAtAnyAddress(_ shift: Int) throws {
    let numbers = (0..<20_000).map(Float.init)
    let source = tensor(.float, [20_000], numbers, shift: shift)
    guard case .floats(var floats) = try Constant(source) else { return }
    #expect(UnsafeRawPointer(floats.unsafeView.base) == source.bytes.base)
    #expect(floats.elements == numbers)
    #expect(floats == Tensor([20_000], numbers))
    floats.withUnsafeMutableElements { $0[1] = -1 }
    #expect(floats.elements.prefix(3) == [0, -1, 2])
    #expect(Int(bitPattern: floats.unsafeView.base) % 64 == 0)
  }

  @Test func narrowsDoubles() throws {
    let values: [Double] = [0.1, -.infinity, 1e-50]
    #expect(
      try Constant(tensor(.double, [3], values, shift: 3))
        == .floats(Tensor([3], [0.1, -.infinity, 0])))
    #expect(
      refusal(tensor(.double, [2], [1, 1e39]))
        == "tensor 'w' of type double holds 1e+39 at element 1; graft computes in float, which "
        + "ends at 3.4028235e+38")
  }

  /// The numbers by the formula of IEEE 754, for every half there is.
  @Test func widensHalves() throws {
    var wrong: [UInt16] = []
    for bits in UInt16.min...UInt16.max {
      let exponent = Int(bits >> 10) & 31
      let fraction = Double(bits & 1023) / 1024
      let sign: Double = bits >> 15 == 1 ? -1 : 1
      let expected: Double
      switch exponent {
      case 0: expected = sign * fraction * 0x1p-14
      case 31: expected = fraction == 0 ? sign * .infinity : .nan
      default:
        expected =
          sign * (1 + fraction) * Double(sign: .plus, exponent: exponent - 15, significand: 1)
      }
      let value = Double(Float(halfPrecision: bits))
      if value != expected, !(value.isNaN && expected.isNaN) { wrong.append(bits) }
    }
    #expect(wrong.isEmpty)
    let halves: [UInt16] = [0x3C00, 0x8000, 0x0001]
    #expect(
      try Constant(tensor(.float16, [3], halves, shift: 1))
        == .floats(Tensor([3], [1, -0.0, 0x1p-24])))
  }

  @Test func widensBrainFloats() throws {
    let values: [UInt16] = [0x3F80, 0xC040, 0x7F80]
    #expect(
      try Constant(tensor(.bfloat16, [3], values)) == .floats(Tensor([3], [1, -3, .infinity])))
  }

  @Test func readsIntegersOfEveryWidth() throws {
    func ints(_ values: Int...) -> Constant { .integers(IntegerTensor(values)) }
    #expect(try Constant(tensor(.int8, [2], [-128, 127] as [Int8])) == ints(-128, 127))
    #expect(try Constant(tensor(.uint8, [2], [0, 255] as [UInt8])) == ints(0, 255))
    #expect(try Constant(tensor(.int16, [1], [-32768] as [Int16], shift: 1)) == ints(-32768))
    #expect(try Constant(tensor(.uint16, [1], [65535] as [UInt16])) == ints(65535))
    #expect(try Constant(tensor(.int32, [1], [Int32.min], shift: 3)) == ints(-2_147_483_648))
    #expect(try Constant(tensor(.uint32, [1], [UInt32.max])) == ints(4_294_967_295))
    #expect(try Constant(tensor(.int64, [2], [Int64.min, .max])) == ints(.min, .max))
    #expect(try Constant(tensor(.uint64, [1], [UInt64(7)])) == ints(7))
    #expect(try Constant(tensor(.bool, [3], [0, 1, 2] as [UInt8])) == ints(0, 1, 1))
    #expect(
      try Constant(tensor(.int64, [], [Int64(3)]))
        == .integers(IntegerTensor(dimensions: [], values: [3])))
    #expect(
      try Constant(tensor(.int64, [0], [Int64]()))
        == .integers(IntegerTensor(dimensions: [0], values: [])))
  }

  @Test func refusesWhatGraftDoesNotRead() {
    #expect(
      refusal(tensor(.string, [1], [UInt8]()))
        == "tensor 'w' has type string; graft reads float, double, float16, bfloat16, bool and "
        + "integers")
    #expect(
      refusal(tensor(.complex64, [1], [0, 0] as [Float]))
        == "tensor 'w' has type complex64; graft reads float, double, float16, bfloat16, bool and "
        + "integers")
    #expect(
      refusal(tensor(.uint64, [1], [UInt64.max]))
        == "tensor 'w' of type uint64 holds 18446744073709551615 at element 0; graft reads "
        + "integers up to 9223372036854775807")
    #expect(
      refusal(tensor(.float, [3], [1, 2] as [Float]))
        == "tensor 'w' of type float and shape [3] holds 8 bytes; expected 3 elements of 4 bytes")
    #expect(
      refusal(tensor(.float, [-1], [Float]()))
        == "tensor 'w' has dimensions [-1], which are no size in memory")
  }
}
