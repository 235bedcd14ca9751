import Foundation
import GraftONNX
import SystemPackage
import Testing

/// Damaged files: never a crash, always a model or an `ONNXError` with a message that fits.
struct FuzzTests {
  /// xorshift64*: the same mutations on every machine.
  private struct Generator: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state ^= state >> 12
      state ^= state << 25
      state ^= state >> 27
      return state &* 0x2545_F491_4F6C_DD1D
    }
  }

  private func mutated(_ bytes: [UInt8], _ random: inout Generator) -> [UInt8] {
    var bytes = bytes
    for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
      let place = Int.random(in: 0..<bytes.count, using: &random)
      switch Int.random(in: 0..<6, using: &random) {
      case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      case 1: bytes[place] = [0, 1, 0x7F, 0x80, 0xFF].randomElement(using: &random)!
      case 2: bytes.remove(at: place)
      case 3: bytes.insert(UInt8.random(in: 0...255, using: &random), at: place)
      case 4: bytes.removeLast(bytes.count - place)
      default:
        let end = min(bytes.count, place + Int.random(in: 1...40, using: &random))
        bytes.insert(contentsOf: bytes[place..<end], at: place)
      }
    }
    return bytes
  }

  @Test func mutationsOfFixtures() throws {
    var random = Generator(state: 0x6772_6166_7421)
    let seeds = try [
      "raw", "float_data", "double_data", "float16_data", "int64_data", "uint32_data", "constant",
      "external",
    ].map { try contents(of: fixture("\($0).onnx")) }
    var accepted = 0
    for round in 0..<3000 {
      let bytes = mutated(seeds[round % seeds.count], &random)
      do {
        let model = try read(bytes)
        accepted += 1
        // What is read can be looked at and, but for kinds graft cannot write, written.
        let sum = model.graph.initializers.reduce(0) {
          $0 &+ $1.bytes.array.reduce(0) { $0 &+ Int($1) }
        }
        #expect(sum >= 0)
        if let written = try? ONNXWriter.bytes(of: model) {
          #expect(throws: Never.self) { try ONNXReader.read(bytes: written) }
        }
      } catch {
        #expect(error.in(file: "model.onnx").message.count <= 400, "\(error)")
        #expect(!error.message.unicodeScalars.contains { $0.value < 0x20 }, "\(error)")
      }
    }
    // Changed names and weights are still models; were all refused, the rest would prove little.
    #expect(accepted > 100)
  }

  /// protobuf-c reports each failed allocation, and frees what it had.
  @Test func everyAllocationFails() throws {
    let bytes = try contents(of: fixture("constant.onnx")).withUnsafeBytes {
      ONNXBytes(copying: $0)
    }
    let whole = UnpackBudget(limit: .max)
    _ = try ONNXReader.read(bytes: bytes, budget: whole)
    #expect(whole.allocations > 50)
    #expect(whole.used == 0)
    for failing in 1...whole.allocations {
      let budget = UnpackBudget(limit: .max, failing: failing)
      #expect(throws: ONNXError.self) { try ONNXReader.read(bytes: bytes, budget: budget) }
      #expect(budget.used == 0)
    }
  }

  /// The deepest file that the limit allows, on the smallest stack a thread gets (512 KB on macOS).
  @Test func theDeepestFileFitsASmallStack() throws {
    // Model, graph, value and type are four levels; a sequence and the type in it are two.
    var inner: [UInt8] = []
    for _ in 0..<48 {
      let content = inner
      inner = Wire { $0.data(4, Wire { $0.data(1, content) }.bytes) }.bytes
    }
    let bytes = modelBytes(graph: { $0.message(11) { $0.data(2, inner) } })
    let result = Mutex<String?>("not run")
    let done = DispatchSemaphore(value: 0)
    let thread = Thread {
      result.set(refusal(bytes))
      done.signal()
    }
    thread.stackSize = 512 << 10
    thread.start()
    done.wait()
    #expect(result.get() == nil)
    // Anything deeper is refused.
    let deeper = modelBytes(graph: {
      $0.message(11) { $0.message(2) { $0.message(4) { $0.data(1, inner) } } }
    })
    #expect(refusal(deeper)?.hasPrefix("nests messages more than 100 deep") == true)
  }

  private final class Mutex<Value: Sendable>: @unchecked Sendable {
    private let lock = NSLock()
    private var value: Value
    init(_ value: Value) { self.value = value }
    func set(_ new: Value) { lock.withLock { value = new } }
    func get() -> Value { lock.withLock { value } }
  }
}
