import Foundation
import Testing

@Suite struct AugmentPreviewTests {
  private func place() throws -> Workplace {
    let place = try Workplace()
    try place.addPhotos(count: 2)
    return place
  }

  /// Width and height as a PNG's header has them.
  private func size(_ place: Workplace, _ name: String) throws -> [Int] {
    let bytes = [UInt8](try #require(place.bytes(name)))
    try #require(bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]))
    return [16, 20].map { start in bytes[start..<start + 4].reduce(0) { $0 << 8 | Int($1) } }
  }

  @Test func drawsPlainPhotosAndViews() throws {
    let place = try place()
    let result = try place.graft("augment-preview", "photos", "--photos", "3", "--views", "4")
    #expect(result.status == 0)
    #expect(result.out.isEmpty)
    #expect(
      result.err == """
        Wrote   preview.png   3 photos, each plain, then 4 views of 'strong'

        Next    graft finetune vgg16 on photos --augment strong

        """)
    #expect(try size(place, "preview.png") == [5 * 224 + 16 + 3 * 4, 3 * 224 + 2 * 4])
  }

  @Test func aModelDecidesTheSizeAndASeedTheViews() throws {
    let place = try place()
    try place.addModel()
    func draw(_ name: String, _ more: String) throws -> Data? {
      let result = try place.shell(
        "\"$GRAFT\" augment-preview photos/ring/1.png --augment ' Flip,rotate:20' -q -o \(name) "
          + more)
      #expect(result.status == 0 && result.err.isEmpty && result.out.isEmpty, "\(result.err)")
      return place.bytes(name)
    }
    let first = try draw("a.png", "--model tiny.onnx")
    // 32 pixels are shown fourfold.
    #expect(try size(place, "a.png") == [8 * 128 + 16 + 6 * 4, 128])
    #expect(try draw("b.png", "--model tiny.onnx") == first)
    #expect(try draw("c.png", "--model tiny.onnx --seed 2") != first)
    _ = try draw("d.png", "--size 100 --views 1")
    #expect(try size(place, "d.png") == [2 * 100 + 16, 100])
    let said = try place.graft(
      "augment-preview", "photos/ring/1.png", "--model", "tiny.onnx", "--augment", "Flip, erase",
      "--views", "1")
    #expect(
      said.err == """
        Wrote   preview.png   1 photo, each plain, then 1 view of 'flip,erase'

        Next    graft finetune tiny.onnx on my-photos --augment flip,erase

        """)
  }

  @Test func leavesOutWhatIsNoPhoto() throws {
    let place = try Workplace()
    try place.addPhotos(count: 1)
    try place.write("hello", to: "photos/circle/0.txt")
    let result = try place.graft("augment-preview", "photos", "--photos", "2", "--views", "1")
    #expect(result.status == 0)
    #expect(
      result.err.hasPrefix(
        "note: photos/circle/0.txt: not an image; left out\nWrote   preview.png   2 photos"))
    #expect(try size(place, "preview.png")[1] == 2 * 224 + 4)
  }

  private static let known =
    "  known: none, light, strong, cifar, crop[:LEAST], shift[:PART], flip, vflip, "
    + "rotate[:DEGREES], jitter[:AMOUNT[:HUE]], erase[:OFTEN], elastic[:ALPHA], "
    + "randaugment[:N[:M]], trivialaugment\n"

  @Test(arguments: [
    ("photos --augment flop", 64, "--augment: no augmentation is called 'flop'"),
    (
      "photos --augment rotate:400", 64,
      "--augment: 'rotate:400': '400' is not a number from 0 to 180; expected rotate[:DEGREES]"
    ),
    ("photos --size 2", 64, "--size is 2; expected 8 to 1024"),
    ("photos --size 64 --model tiny.onnx", 64, "--model and --size exclude each other"),
    ("photos --photos 0", 64, "--photos is 0; expected 1 to 100"),
    ("photos --views 101", 64, "--views is 101; expected 1 to 100"),
    (
      "photos --views 100 --photos 10 --size 1024", 64,
      "the sheet would have 103836 x 10276 pixels; ask for fewer --photos or --views"
    ),
    ("photos --model no.onnx", 66, "no.onnx: no such file."),
    ("nothing", 66, "nothing: no such file or folder"),
    ("note.txt", 65, "note.txt: not an image"),
    ("texts", 65, "texts: none of 2 files is a photo that graft reads"),
    (
      "photos -o there.png", 73,
      "there.png: there is such a file already; graft overwrites nothing."
    ),
    ("photos -o none/x.png", 73, "none/x.png: cannot be created: there is no folder 'none'"),
    ("photos -o photos", 73, "photos: a folder, not a file"),
  ])
  func refuses(_ line: String, _ status: Int32, _ message: String) throws {
    let place = try place()
    try place.addModel()
    try place.write("no photo", to: "note.txt")
    _ = try place.shell("mkdir texts; cp note.txt texts/a.png; cp note.txt texts/b.png")
    try place.write("mine", to: "there.png")
    let result = try place.shell("\"$GRAFT\" augment-preview " + line)
    expectFailure(result, status, message)
    #expect(!place.exists("preview.png") && place.text("there.png") == "mine")
    if message.contains("flop") { #expect(result.err.hasSuffix(Self.known)) }
  }

  @Test func replacesWhenTold() throws {
    let place = try place()
    try place.write("mine", to: "there.png")
    let result = try place.graft(
      "augment-preview", "photos", "--views", "1", "-o", "there.png", "--force", "-q")
    #expect(result.status == 0 && result.err.isEmpty)
    #expect(try size(place, "there.png")[0] == 2 * 224 + 16)
  }
}
