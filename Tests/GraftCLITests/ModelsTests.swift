import Foundation
import GraftTestSupport
import Testing

/// `graft models`: fetching, taking over, checking.
@Suite struct ModelsTests {
  /// A published file that is at hand where the real data are.
  static let published = ProcessInfo.processInfo.environment["GRAFT_DATA"]
    .map { $0 + "/weights/squeezenet1.1_imagenet.onnx" }

  private func bytes() throws -> [UInt8] {
    Array(try Data(contentsOf: URL(fileURLWithPath: #require(Self.published))))
  }

  @Test(.enabled(if: published != nil, "GRAFT_DATA is not set"))
  func pullsWhatABrokenConnectionLeft() throws {
    let place = try Workplace()
    let bytes = try bytes()
    let server = try LoopbackServer([
      LoopbackServer.file(bytes, cutsAfter: 2_000_000), LoopbackServer.file(bytes),
    ])
    let pulled = try place.graft(
      "models", "pull", "squeezenet1.1_imagenet", "--from", server.url)
    let file = place.path + "/home/cache/models/squeezenet1.1_imagenet.onnx"
    #expect(pulled.status == 0)
    #expect(pulled.out == file + "\n")
    #expect(pulled.err.hasPrefix("fetching squeezenet1.1_imagenet, 5 MB, from \(server.url)\n"))
    #expect(pulled.err.hasSuffix("SHA-256 is right\n"))
    #expect(FileManager.default.contents(atPath: file) == Data(bytes))
    #expect(server.requests.map(LoopbackServer.firstAsked) == [nil, 2_000_000])

    #expect(try place.graft("models", "where", "squeezenet1.1_imagenet").out == file + "\n")
    #expect(
      try place.graft("models", "verify").out == "squeezenet1.1_imagenet  right  \(file)\n")
    #expect(try place.graft("models").out.contains(file))
    // What is there is not fetched again.
    let again = try place.graft(
      "models", "pull", "squeezenet1.1_imagenet", "--from", "http://127.0.0.1:1/")
    #expect(again.out == file + "\n")

    var damaged = bytes
    damaged[4_000_000] ^= 1
    _ = FileManager.default.createFile(atPath: file, contents: Data(damaged))
    let found = try place.graft("models", "verify", "squeezenet1.1_imagenet")
    expectFailure(found, 65, "squeezenet1.1_imagenet: not what was published.")
    #expect(found.out == "squeezenet1.1_imagenet  not the published file  \(file)\n")
  }

  @Test(.enabled(if: published != nil, "GRAFT_DATA is not set"))
  func takesOverAFileWhateverItsName() throws {
    let place = try Workplace()
    try Data(try bytes()).write(to: URL(fileURLWithPath: place.path + "/what is this"))
    let added = try place.graft("models", "add", "what is this")
    let file = place.path + "/home/cache/models/squeezenet1.1_imagenet.onnx"
    #expect(added.status == 0)
    #expect(added.out == file + "\n")
    #expect(added.err == "what is this is squeezenet1.1_imagenet\n")
    #expect(FileManager.default.contents(atPath: file) == Data(try bytes()))
  }

  @Test func saysWhyNothingCame() throws {
    let place = try Workplace()
    let server = try LoopbackServer([LoopbackServer.always(.init(status: "404 Not Found"))])
    let result = try place.graft("models", "pull", "vgg16", "--from", server.url)
    expectFailure(result, 69, "vgg16 cannot be fetched.")
    #expect(
      result.err == """
        fetching vgg16, 554 MB, from \(server.url)
          it answers 404
        error: vgg16 cannot be fetched.
          \(server.url) answers 404
          another address: graft models pull vgg16 --from URL
          a file that you have: graft models add path/to/vgg16.onnx

        """)
    #expect(place.names(in: "home/cache/models").isEmpty)
  }

  @Test func refuses() throws {
    let place = try Workplace()
    expectFailure(
      try place.graft("models", "pull", "vg16"), 66,
      "'vg16' is not a model I know. Did you mean 'vgg16'?")
    expectFailure(
      try place.graft("models", "pull", "default"), 64,
      "'default' is part of graft; it has no file.")
    expectFailure(
      try place.graft("models", "pull", "resnet50_imagenet"), 69,
      "no address of resnet50_imagenet is known.")
    expectFailure(
      try place.graft("models", "pull", "vgg16", "vgg19", "--from", "https://a.b/c"), 64,
      "--from is for one model")
    expectFailure(
      try place.graft("models", "pull", "vgg16", "--from", "vgg16.onnx"), 66,
      "vgg16.onnx: no such file or folder")
    expectFailure(
      try place.graft("models", "where", "vgg16"), 66,
      "the model 'vgg16' is not on this machine.")
    expectFailure(
      try place.graft("models", "verify"), 66, "no known model is on this machine.")
    try place.addModel()
    let added = try place.graft("models", "add", "tiny.onnx")
    #expect(added.status == 65)
    #expect(
      added.err.hasPrefix(
        "error: tiny.onnx is none of the models that graft knows by content ("))
    expectFailure(
      try place.graft("models", "add", "no.onnx"), 66, "no.onnx: no such file or folder")
  }

  @Test func fetchesForACommandThatNeedsIt() throws {
    let place = try Workplace()
    try place.addPhotos(count: 2)
    let result = try place.shell(
      "GRAFT_OFFLINE= https_proxy=http://127.0.0.1:1 \"$GRAFT\" finetune vgg16 on photos")
    #expect(result.status == 69)
    #expect(result.err.hasPrefix("fetching vgg16, 554 MB, from https://huggingface.co/"))
    #expect(
      result.err.contains(
        "vgg16-7.onnx cannot be reached: Failed to connect to 127.0.0.1 port 1"))
    expectFailure(
      try place.shell(
        "GRAFT_OFFLINE=0 \"$GRAFT\" finetune vgg16 on photos --offline"), 66,
      "the model 'vgg16' is not on this machine.")
  }

  @Test(.enabled(if: published != nil, "GRAFT_DATA is not set"), arguments: [SIGINT, SIGTERM])
  func keepsWhatCameWhereItIsInterrupted(signal: Int32) throws {
    let place = try Workplace()
    let server = try LoopbackServer([
      LoopbackServer.always(.init(body: try bytes(), cutsAfter: 3_000_000, stalls: 20))
    ])
    let arguments = ["models", "pull", "squeezenet1.1_imagenet", "--from", server.url]
    let running = try place.begin(Workplace.graft, arguments)
    let folder = "home/cache/models"
    let part = { place.names(in: folder).first { $0.hasSuffix(".part") } }
    let size = {
      part().flatMap {
        FileManager.default.contents(atPath: "\(place.path)/\(folder)/\($0)")?.count
      }
    }
    for _ in 0..<3000 where size() != 3_000_000 { usleep(10_000) }
    running.signal(signal)
    let result = try place.finish(running)
    expectFailure(result, 128 + signal, "stopped; 3.0 of 5.0 MB are kept.")
    #expect(
      result.err.contains("  graft models pull squeezenet1.1_imagenet goes on from there\n"))
    #expect(part() != nil)
  }

  @Test(.enabled(if: published != nil, "GRAFT_DATA is not set"))
  func takesAFileForAModel() throws {
    let place = try Workplace()
    try Data(try bytes()).write(to: URL(fileURLWithPath: place.path + "/file"))
    let pulled = try place.graft("models", "pull", "squeezenet1.1_imagenet", "--from", "file")
    let file = place.path + "/home/cache/models/squeezenet1.1_imagenet.onnx"
    #expect(pulled.status == 0, "\(pulled.err)")
    #expect(pulled.out == file + "\n")
    #expect(FileManager.default.contents(atPath: file) == Data(try bytes()))
    let other = try place.graft("models", "pull", "vgg16", "--from", "file")
    expectFailure(
      other, 65,
      "file is not the file of vgg16: its SHA-256 is 09a0083d4e4e…, not f20805a3eccc….")
    #expect(
      other.err.hasSuffix("\n  It is squeezenet1.1_imagenet: graft models add file\n"))

    let timed = try place.graft("models", "list", "--measure")
    #expect(timed.status == 0, "\(timed.err)")
    let row = try #require(
      timed.out.split(separator: "\n").first { $0.hasPrefix("squeezenet1.1_imagenet") })
    #expect(row.contains(#/SqueezeNet +5 +[0-9]+ +unstated +/#), "\(row)")
    // Timed once; the list remembers.
    let again = try place.graft("models", "--json")
    let rows = try JSONSerialization.jsonObject(with: again.output) as? [[String: Any]]
    let entry = rows?.first { $0["name"] as? String == "squeezenet1.1_imagenet" }
    #expect(entry?["path"] as? String == file)
    #expect((entry?["photosPerSecond"] as? Double ?? 0) > 0)
  }

  @Test func refusesAddressesOfOtherKinds() throws {
    let place = try Workplace()
    let odd = try place.graft("models", "pull", "vgg16", "--from", "ftp://example.org/vgg16.onnx")
    #expect(odd.status == 64)
    #expect(
      odd.err.hasPrefix(
        "error: --from is 'ftp://example.org/vgg16.onnx'; expected an address that begins with "
          + "https:// or http://, or a path\n"))
  }
}
