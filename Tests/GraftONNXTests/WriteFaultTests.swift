import Foundation
import GraftONNX
import SystemPackage
import Testing

/// Each system call of a write fails in turn: an error, the old file as it was, nothing left behind.
struct WriteFaultTests {
  private final class Countdown: @unchecked Sendable {
    // @unchecked: used by one thread.
    var left: Int
    init(_ left: Int) { self.left = left }

    func fails(_ code: CInt) -> Bool {
      left -= 1
      guard left == 0 else { return false }
      errno = code
      return true
    }
  }

  private func calls(failing number: Int, _ code: CInt) -> FileCalls {
    let countdown = Countdown(number)
    let system = FileCalls.system
    var calls = system
    // Small writes, so that there are many.
    calls.writeBytes = {
      countdown.fails(code) ? -1 : system.writeBytes($0, $1, min($2, 40_000))
    }
    calls.sync = { countdown.fails(code) ? -1 : system.sync($0) }
    calls.renameFile = { countdown.fails(code) ? -1 : system.renameFile($0, $1) }
    calls.linkFile = { countdown.fails(code) ? -1 : system.linkFile($0, $1) }
    return calls
  }

  private func model() -> ONNXModel {
    var graph = ONNXGraph(name: "g")
    graph.initializers = [
      ONNXTensor(name: "w", dimensions: [20_000], ints: Array(0..<20_000))
    ]
    return ONNXModel(irVersion: 8, opsets: ["": 13], graph: graph)
  }

  @Test(arguments: [true, false], [ENOSPC, EIO]) func everyCall(replacing: Bool, code: CInt) throws
  {
    try withFolder { folder in
      let path = folder.appending("m.onnx")
      let whole = try ONNXWriter.bytes(of: model()).array
      for number in 1...100 {
        if replacing {
          try put([1, 2, 3], at: path)
        } else {
          _ = try? FileManager.default.removeItem(atPath: path.string)
        }
        do {
          let staged = try ONNXWriter.stage(model(), to: path, calls: calls(failing: number, code))
          try staged.commit(replacing: replacing)
          // More calls than there are: all went well.
          #expect(number > 5)
          #expect(try contents(of: path) == whole)
          return
        } catch let error as ONNXError {
          #expect(error.kind == .system)
          #expect(
            error.message.contains(code == EIO ? "Input/output error" : "No space left on device"))
          let found = FileManager.default.contents(atPath: path.string).map { Array($0) }
          // Only a folder that cannot be synced comes after the new file is in place.
          let inPlace = error.message.contains("is in place")
          #expect(found == (inPlace ? whole : replacing ? [1, 2, 3] : nil))
          #expect(try names(in: folder) == (found == nil ? [] : ["m.onnx"]))
        }
      }
      Issue.record("the write never succeeded")
    }
  }
}
