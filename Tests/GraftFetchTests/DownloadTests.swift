import Foundation
import GraftData
import GraftFetch
import GraftTestSupport
import SystemPackage
import Testing

/// Downloads from servers on this machine that keep the rules, or do not.
@Suite struct DownloadTests {
  let folder: FilePath
  /// What is to arrive: more than one piece of a connection.
  let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }

  init() throws {
    let name = "graft-download-\(UInt64.random(in: 0...UInt64.max))"
    folder = FilePath(NSTemporaryDirectory()).appending(name)
    try FileManager.default.createDirectory(
      atPath: folder.string, withIntermediateDirectories: true)
  }

  var place: FilePath { folder.appending("model.onnx") }

  func download(_ urls: [String]) -> Download {
    var download = Download(
      urls: urls, bytes: bytes.count, sha256: ContentHash(of: bytes).hex, destination: place)
    download.pause = 0.01
    return download
  }

  /// Runs it; nil where the file arrived whole.
  func failure(_ download: Download) -> FetchError? {
    do throws(FetchError) {
      try download.run { _ in true }
      #expect(FileManager.default.contents(atPath: place.string) == Data(bytes))
      #expect(!isThere(download.partialFile))
      return nil
    } catch {
      #expect(!isThere(place))
      return error
    }
  }

  func isThere(_ path: FilePath) -> Bool { FileManager.default.fileExists(atPath: path.string) }

  /// Why the only address was given up.
  func reason(_ answers: (String) -> LoopbackServer.Answer...) throws -> String? {
    let server = try LoopbackServer(answers)
    guard case .unavailable(let failed) = failure(download([server.url])) else { return nil }
    #expect(failed.map(\.url) == [server.url])
    return failed.first?.reason
  }
}

// MARK: - Arriving

extension DownloadTests {
  @Test func arrives() throws {
    let server = try LoopbackServer([LoopbackServer.file(bytes)])
    var events: [Download.Event] = []
    try download([server.url]).run {
      events.append($0)
      return true
    }
    #expect(FileManager.default.contents(atPath: place.string) == Data(bytes))
    #expect(events.first == .asks(url: server.url))
    #expect(events.last == .checks)
    #expect(server.requests.count == 1)
    #expect(server.requests[0].contains("User-Agent: graft\r\n"))
    #expect(LoopbackServer.firstAsked(server.requests[0]) == nil)
  }

  @Test func goesOnWhereAConnectionBreaksOff() throws {
    let server = try LoopbackServer([
      LoopbackServer.file(bytes, cutsAfter: 100_000), LoopbackServer.file(bytes, cutsAfter: 50_000),
      LoopbackServer.file(bytes),
    ])
    #expect(failure(download([server.url])) == nil)
    #expect(server.requests.map(LoopbackServer.firstAsked) == [nil, 100_000, 150_000])
  }

  @Test func goesOnWithWhatAnotherProgramLeft() throws {
    let server = try LoopbackServer([LoopbackServer.file(bytes)])
    let download = download([server.url])
    try Data(bytes[..<1000]).write(to: URL(fileURLWithPath: download.partialFile.string))
    #expect(failure(download) == nil)
    #expect(server.requests.map(LoopbackServer.firstAsked) == [1000])
  }

  @Test func checksWhatIsAllThere() throws {
    let download = download(["http://127.0.0.1:9/"])
    try Data(bytes).write(to: URL(fileURLWithPath: download.partialFile.string))
    #expect(failure(download) == nil)
  }

  @Test func beginsAnewWithoutRanges() throws {
    let whole = LoopbackServer.Answer(body: bytes)
    var cut = whole
    cut.cutsAfter = 1000
    let server = try LoopbackServer([LoopbackServer.always(cut), LoopbackServer.always(whole)])
    #expect(failure(download([server.url])) == nil)
    #expect(server.requests.map(LoopbackServer.firstAsked) == [nil, 1000])
  }

  @Test func beginsAnewWhereTheRangeIsRefused() throws {
    let refusal = LoopbackServer.Answer(status: "416 Range Not Satisfiable")
    let server = try LoopbackServer([LoopbackServer.always(refusal), LoopbackServer.file(bytes)])
    let download = download([server.url])
    try Data(bytes[..<1000]).write(to: URL(fileURLWithPath: download.partialFile.string))
    #expect(failure(download) == nil)
    #expect(server.requests.map(LoopbackServer.firstAsked) == [1000, nil])
  }

  @Test func beginsAnewWhereAnotherRangeCame() throws {
    let wrong = LoopbackServer.Answer(
      status: "206 Partial Content", headers: ["Content-Range: bytes 7-9/300000"], body: [1, 2, 3])
    let server = try LoopbackServer([LoopbackServer.always(wrong), LoopbackServer.file(bytes)])
    let download = download([server.url])
    try Data(bytes[..<1000]).write(to: URL(fileURLWithPath: download.partialFile.string))
    #expect(failure(download) == nil)
    #expect(server.requests.map(LoopbackServer.firstAsked) == [1000, nil])
  }

  @Test func followsRedirects() throws {
    let server = try LoopbackServer([LoopbackServer.file(bytes)])
    let redirect = LoopbackServer.Answer(
      status: "302 Found", headers: ["Location: \(server.url)"], body: Array("moved".utf8))
    let first = try LoopbackServer([LoopbackServer.always(redirect)])
    #expect(failure(download([first.url])) == nil)
  }

  @Test func needsNoLength() throws {
    let server = try LoopbackServer([
      LoopbackServer.always(LoopbackServer.Answer(body: bytes, length: .some(nil)))
    ])
    #expect(failure(download([server.url])) == nil)
  }

  @Test func triesOneMirrorAfterTheOther() throws {
    let none = try LoopbackServer([LoopbackServer.always(.init(status: "404 Not Found"))])
    let good = try LoopbackServer([LoopbackServer.file(bytes)])
    var given: [FailedSource] = []
    try download([none.url, good.url]).run {
      if case .givesUp(let source) = $0 { given.append(source) }
      return true
    }
    #expect(given == [FailedSource(url: none.url, reason: "answers 404")])
    #expect(isThere(place))
  }

  @Test func goesOnAtTheNextMirror() throws {
    let breaking = try LoopbackServer([
      LoopbackServer.file(bytes, cutsAfter: 1000), LoopbackServer.file(bytes, cutsAfter: 0),
    ])
    let good = try LoopbackServer([LoopbackServer.file(bytes)])
    #expect(failure(download([breaking.url, good.url])) == nil)
    #expect(good.requests.map(LoopbackServer.firstAsked) == [1000])
  }
}

// MARK: - Not arriving

extension DownloadTests {
  @Test(arguments: ["403 Forbidden", "404 Not Found", "500 Oops", "204 No Content"])
  func namesTheAnswer(status: String) throws {
    #expect(
      try reason(LoopbackServer.always(.init(status: status))) == "answers \(status.prefix(3))")
  }

  @Test func knowsAWebPage() throws {
    let page = "\n<!DOCTYPE html><html><body>Please log in</body></html>"
    #expect(
      try reason(LoopbackServer.always(.init(body: Array(page.utf8))))
        == "sends a web page, not the model")
  }

  @Test func knowsANoteOfGitLFS() throws {
    let note = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 300000\n"
    #expect(
      try reason(LoopbackServer.always(.init(body: Array(note.utf8))))
        == "sends a note of Git LFS that stands for the model, not the model")
  }

  @Test func refusesAnotherLengthBeforeItArrives() throws {
    let answer = LoopbackServer.Answer(body: bytes, length: 2_000_000)
    #expect(
      try reason(LoopbackServer.always(answer)) == "offers 2000000 bytes; the model has 300000")
  }

  @Test func endsWhereMoreArrives() throws {
    let answer = LoopbackServer.Answer(body: bytes + bytes, length: .some(nil))
    #expect(
      try reason(LoopbackServer.always(answer)) == "sends more than the 300000 bytes of the model")
  }

  @Test func saysWhereItEnds() throws {
    let answer = LoopbackServer.Answer(body: Array(bytes[..<500]), length: .some(nil))
    #expect(
      try reason(LoopbackServer.always(answer)) == "ends after 500 of 300000 bytes")
  }

  @Test func refusesAnotherContent() throws {
    var other = bytes
    other[77_777] ^= 1
    let reason = try reason(LoopbackServer.file(other))
    #expect(
      reason == "sends another file: its SHA-256 begins with "
        + "\(ContentHash(of: other).hex.prefix(12)), the model's with "
        + "\(ContentHash(of: bytes).hex.prefix(12))")
    #expect(!isThere(download([]).partialFile))
  }

  @Test func endsARing() throws {
    var ring: LoopbackServer?
    ring = try LoopbackServer([
      { request in
        let host = request.split(separator: "\r\n").first { $0.hasPrefix("Host: ") }!.dropFirst(6)
        return .init(status: "302 Found", headers: ["Location: http://\(host)/model.onnx"])
      }
    ])
    guard case .unavailable(let failed) = failure(download([ring!.url])) else {
      Issue.record("it did not fail")
      return
    }
    #expect(failed[0].reason == "cannot be reached: Maximum (10) redirects followed")
    ring = nil
  }

  @Test func givesUpWhereNothingComes() throws {
    let silent = try LoopbackServer([
      LoopbackServer.always(.init(body: bytes, cutsAfter: 0, stalls: 3))
    ])
    var download = download([silent.url])
    download.patience = 1
    let start = ContinuousClock.now
    guard case .unavailable(let failed) = failure(download) else {
      Issue.record("it did not fail")
      return
    }
    #expect(failed[0].reason.hasPrefix("cannot be reached: Operation too slow."))
    #expect(ContinuousClock.now - start < .seconds(30))
  }

  @Test func saysThatNobodyAnswers() throws {
    guard case .unavailable(let failed) = failure(download(["http://127.0.0.1:1/model.onnx"]))
    else {
      Issue.record("it did not fail")
      return
    }
    #expect(failed[0].reason.hasPrefix("cannot be reached: Failed to connect to 127.0.0.1 port 1"))
  }

  @Test func keepsWhatCameWhereItIsStopped() throws {
    let server = try LoopbackServer([
      LoopbackServer.always(.init(body: bytes, cutsAfter: 100_000, stalls: 2))
    ])
    let download = download([server.url])
    var kept: Int?
    do throws(FetchError) {
      try download.run { event in
        if case .has(let count) = event { return count < 100_000 }
        return true
      }
    } catch {
      if case .interrupted(let count) = error { kept = count }
    }
    #expect(kept == 100_000)
    let size = try FileManager.default.attributesOfItem(atPath: download.partialFile.string)[.size]
    #expect(size as? Int == 100_000)
    #expect(!isThere(place))
  }

  @Test func oneProgramAtATime() throws {
    let server = try LoopbackServer([LoopbackServer.file(bytes)])
    let download = download([server.url])
    var inner: FetchError?
    try download.run { event in
      if case .asks = event {
        do throws(FetchError) { try download.run { _ in true } } catch { inner = error }
      }
      return true
    }
    #expect(inner == .busy)
    #expect(isThere(place))
  }

  @Test func saysThatItCannotWrite() throws {
    var download = download(["http://127.0.0.1:1/"])
    download.destination = folder.appending("absent").appending("model.onnx")
    #expect(
      failure(download) == .cannotWrite("cannot be created: its folder is not there"))
  }
}
