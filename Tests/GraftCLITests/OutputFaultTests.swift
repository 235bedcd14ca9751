import Foundation
import Testing

/// Outputs that cannot be written, and interruptions: what is there stays, nothing half-written.
@Suite struct OutputFaultTests {
  private func place() throws -> Workplace {
    let place = try Workplace()
    try place.addTrainedModel()
    return place
  }

  @Test func fullStandardOutput() throws {
    let place = try place()
    for line in [
      "classify pets.onnx photos", "classify pets.onnx photos -o -", "models", "--help",
      "inspect pets.onnx --json",
    ] {
      expectFailure(
        try place.shell("\"$GRAFT\" \(line) > /dev/full"), 74,
        "standard output cannot be written: No space left on device")
    }
  }

  @Test func closedPipeIsQuiet() throws {
    let result = try place().shell(
      "\"$GRAFT\" inspect pets.onnx --json | head -c 1 > /dev/null; echo ${PIPESTATUS[0]}")
    #expect(result.out == "0\n")
    #expect(result.err.isEmpty)
  }

  /// What nobody hears does not stop the work, and does not change how it ends.
  @Test(arguments: ["2>&-", "2> >(exec true)", "2> /dev/full"])
  func nobodyListensToStandardError(redirection: String) throws {
    let place = try place()
    let result = try place.shell(
      """
      exec 3>&1
      { sleep 0.3; "$GRAFT" classify pets.onnx photos; echo $? >&3; "$GRAFT" inspect none.onnx
        echo $? >&3; } \(redirection) > /dev/null
      """)
    #expect(result.out == "0\n66\n")
  }

  @Test(.enabled(if: geteuid() != 0, "root may write everywhere"))
  func readOnlyFolder() throws {
    let place = try place()
    _ = try place.shell("mkdir locked && chmod a-w locked")
    for line in [
      "finetune tiny.onnx on photos -o locked/run", "export run -o locked/x.onnx",
      "classify pets.onnx photos -o locked/x.csv",
    ] {
      let result = try place.shell("\"$GRAFT\" " + line)
      expectFailure(result, 73)
      #expect(!result.err.contains("features"))
    }
  }

  @Test func outputsThatCannotBe() throws {
    let place = try place()
    for line in [
      "finetune tiny.onnx on photos -o pets.onnx", "finetune tiny.onnx on photos -o pets.onnx/x",
      "export run -o none/x.onnx", "classify pets.onnx photos -o none/x.csv",
      "classify pets.onnx photos -o pets.onnx/x.csv",
      "classify pets.onnx photos --sort-into pets.onnx",
    ] {
      let result = try place.shell("\"$GRAFT\" " + line)
      expectFailure(result, 73)
      #expect(!result.err.contains("features  ") && result.output.isEmpty)
    }
    #expect(!place.exists("none"))
  }

  /// A limit on the size of files stands for a full disk.
  @Test func fullDisk() throws {
    let place = try place()
    let before = place.names()
    for line in ["export run -o x.onnx", "export run -o pets.onnx --force"] {
      let old = place.bytes("pets.onnx")
      let result = try place.shell("ulimit -f 1; \"$GRAFT\" \(line)")
      expectFailure(result, 74)
      #expect(place.names() == before)
      #expect(place.bytes("pets.onnx") == old)
    }
    _ = try place.shell("for i in $(seq 20); do cp -r photos/ring more$i; done")
    let table = try place.shell(
      "ulimit -f 1; \"$GRAFT\" classify pets.onnx more* photos -o big.csv")
    expectFailure(table, 74)
    #expect(!place.exists("big.csv"))
    #expect(!place.names().contains { $0.hasPrefix(".graft") })
    let run = try place.shell("ulimit -f 1; \"$GRAFT\" finetune tiny.onnx on photos -o second")
    expectFailure(run, 74)
    #expect(!place.exists("second"))
  }
}
