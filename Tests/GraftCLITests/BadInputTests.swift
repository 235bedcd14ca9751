import Foundation
import Testing

/// Models, folders and photos that cannot be used: what is said, and that nothing is written.
@Suite struct BadInputTests {
  private func place() throws -> Workplace {
    let place = try Workplace()
    try place.addModel()
    try place.addPhotos(count: 4)
    return place
  }

  private func expectNothingWritten(_ place: Workplace) {
    #expect(!place.exists("runs") || place.names(in: "runs").isEmpty)
  }

  @Test func unknownModelNames() throws {
    let place = try place()
    let result = try place.graft("finetune", "vg16", "on", "photos")
    expectFailure(result, 66, "'vg16' is not a model I know. Did you mean 'vgg16'?")
    #expect(result.err.contains("graft models lists all; a path to an .onnx file works too"))
    let absent = try place.graft("finetune", "vgg16", "on", "photos")
    expectFailure(absent, 66, "the model 'vgg16' is not on this machine.")
    #expect(absent.err.contains("  graft models pull vgg16 fetches it: 553.4 MB\n"))
    expectFailure(
      try place.graft("finetune", "no.onnx", "on", "photos"), 66, "no.onnx: no such file.")
    expectNothingWritten(place)
  }

  @Test func filesThatAreNoModels() throws {
    let place = try place()
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:e7\nsize 98\n"
    try place.write(pointer, to: "lfs.onnx")
    let result = try place.graft("finetune", "lfs.onnx", "on", "photos")
    expectFailure(
      result, 65, "lfs.onnx is a Git LFS pointer (\(pointer.utf8.count) bytes), not a model.")
    #expect(result.err.contains("\n  Run 'git lfs pull' there"))
    try place.write("", to: "empty.onnx")
    try place.write("<!DOCTYPE html><html>", to: "page.onnx")
    try place.bytes("tiny.onnx")?.prefix(500)
      .write(to: URL(fileURLWithPath: place.path + "/cut.onnx"))
    for name in ["empty.onnx", "page.onnx", "cut.onnx", "photos/ring/1.png", "/dev/zero"] {
      let result = try place.graft("finetune", name, "on", "photos")
      expectFailure(result, 65)
      #expect(result.err.contains(name))
    }
    expectNothingWritten(place)
  }

  @Test func unsupportedOperators() throws {
    let place = try place()
    try place.addRecurrentModel()
    let message = "lstm.onnx: operator 'LSTM' (node 'rnn_3', opset 12) is not supported."
    let result = try place.graft("finetune", "lstm.onnx", "on", "photos")
    expectFailure(result, 65, message)
    #expect(
      result.err.contains(
        "\n  graft trains convolutional classifiers; 'graft inspect' shows the graph.\n"))
    let inspected = try place.graft("inspect", "lstm.onnx")
    expectFailure(inspected, 65, message)
    #expect(inspected.out.contains("rnn_3  LSTM      image   y"))
  }

  @Test func foldersThatAreNoPhotoSets() throws {
    let place = try place()
    _ = try place.shell(
      """
      mkdir -p flat one/cat none gap/cat gap/dog; cp photos/ring/*.png flat; cp photos/ring/1.png \
      one/cat; cp photos/ring/1.png gap/cat
      mkdir -p odd/train/hamster odd/train/cat odd/val/hamsters odd/val/cat
      for d in odd/*/*; do cp photos/ring/1.png $d; done
      """)
    let flat = try place.graft("finetune", "tiny.onnx", "on", "flat")
    expectFailure(flat, 65, "no class folders in 'flat'")
    #expect(
      flat.err.hasSuffix(
        "\n  found 4 PNG files directly inside; graft expects one folder per class:\n"
          + "    flat/cat/…  flat/dog/…\n"))
    expectFailure(
      try place.graft("finetune", "tiny.onnx", "on", "odd"), 65,
      "validation folder has class 'hamsters' that training lacks (training has 'hamster').")
    for (folder, status) in [("one", Int32(65)), ("none", 65), ("gap", 65), ("nosuch", 66)] {
      expectFailure(try place.graft("finetune", "tiny.onnx", "on", folder), status)
    }
    expectFailure(
      try place.graft("finetune", "tiny.onnx", "on", "photos/ring/1.png"), 65,
      "photos/ring/1.png: not a folder")
    expectFailure(try place.graft("classify", "tiny.onnx", "none"), 66, "no files in 'none'")
    expectNothingWritten(place)
  }

  @Test func oneImageOfEachClass() throws {
    let place = try place()
    _ = try place.shell("mkdir -p p/a p/b; cp photos/ring/1.png p/a; cp photos/star/1.png p/b")
    let result = try place.graft("finetune", "tiny.onnx", "on", "p", "--epochs", "2")
    #expect(result.status == 0, "\(result.err)")
    #expect(result.out.contains("no photos were kept back to judge it"))
  }

  @Test func fewUnreadablePhotosAreSkipped() throws {
    let place = try Workplace()
    try place.addModel()
    try place.addPhotos(count: 8)
    _ = try place.shell(": > photos/ring/empty.png; mkfifo photos/ring/pipe.png")
    let result = try place.graft("finetune", "tiny.onnx", "on", "photos", "--epochs", "2")
    #expect(result.status == 0, "\(result.err)")
    #expect(result.err.contains("note: skipped: photos/ring/empty.png: "))
    #expect(place.text("runs/photos-tiny-1/skipped.csv").contains("\r\nring/empty.png,"))
    let strict = try place.graft("finetune", "tiny.onnx", "on", "photos", "--strict")
    expectFailure(strict, 65, "1 of 41 photos cannot be read; nothing was trained")
    #expect(place.names(in: "runs") == ["photos-tiny-1"])
  }

  @Test func manyUnreadablePhotosStopTheRun() throws {
    let place = try place()
    _ = try place.shell(
      """
      : > photos/ring/empty.png; echo text > photos/star/$'t\\e[1mxt.png'
      """)
    let result = try place.graft("finetune", "tiny.onnx", "on", "photos")
    expectFailure(result, 65, "2 of 22 photos cannot be read; nothing was trained")
    #expect(result.err.contains("photos/ring/empty.png"))
    expectNothingWritten(place)
  }

  @Test func hugePixelClaims() throws {
    let place = try place()
    // The header of a PNG of 2^31-1 by 2^31-1 pixels, its checksum right.
    let header: [UInt8] = [
      0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52,
      0x7F, 0xFF, 0xFF, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 8, 2, 0, 0, 0, 0x9B, 0xAB, 0x9C, 0x31,
    ]
    try Data(header).write(to: URL(fileURLWithPath: place.path + "/photos/ring/huge.png"))
    let result = try place.shell(
      "ulimit -v 4000000; \"$GRAFT\" finetune tiny.onnx on photos --strict")
    expectFailure(result, 65, "1 of 21 photos cannot be read; nothing was trained")
  }

  @Test func namesWithControlCharacters() throws {
    let place = try place()
    _ = try place.shell(
      #"mv photos/ring $'photos/ri\e[31mng\nerror: x'; mv photos $'ph\e[2Jotos'"#)
    let result = try place.shell("\"$GRAFT\" finetune tiny.onnx on ph* -o run")
    #expect(result.status == 0, "\(result.err)")
    for text in [result.out, result.err] {
      #expect(!text.contains("\u{1B}"))
      #expect(!text.split(separator: "\n").contains { $0.hasPrefix("error:") })
    }
  }
}
