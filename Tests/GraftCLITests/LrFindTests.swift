import Foundation
import Testing

@Suite struct LrFindTests {
  @Test func drawsAndSuggests() throws {
    let place = try Workplace()
    try place.addModel()
    try place.addPhotos()
    let found = try place.graft(
      "lr-find", "tiny.onnx", "on", "photos", "--depth", "all", "--from", "1e-5", "--steps", "60")
    #expect(found.status == 0, "\(found.err)")
    #expect(found.out.contains(#/^Rate    [0-9.e-]+ for all\n        the loss falls fastest at /#))
    #expect(found.out.contains("\nWrote   lr-find.svg and lr-find.svg.csv\n"))
    #expect(
      found.out.contains(
        #/\nNext    graft finetune tiny.onnx on photos --depth all --lr [0-9.e-]+\n$/#))
    #expect(place.text("lr-find.svg").hasPrefix("<svg "))
    #expect(place.text("lr-find.svg.csv").hasPrefix("rate,loss,smoothed\n"))
    expectFailure(
      try place.graft("lr-find", "tiny.onnx", "on", "photos"), 73,
      "lr-find.svg: there is such a file already; graft overwrites nothing.")
    let json = try place.graft(
      "lr-find", "tiny.onnx", "photos", "--depth", "head", "--force", "--json")
    let adam = try place.graft(
      "lr-find", "tiny.onnx", "photos", "--depth", "all", "--force", "--optimizer", "adam",
      "--batch", "8", "--from", "1e-5", "--to", "1000")
    #expect(
      adam.out.contains(
        "\nNext    graft finetune tiny.onnx on photos --depth all --optimizer adam --batch 8 --lr "
      ))
    #expect(adam.out.contains(#/ lowest is [0-9.e+-]+; at [0-9.e+-]+ it explodes\n/#))
    let document = try JSONSerialization.jsonObject(with: json.output) as? [String: Any]
    #expect(document?["phase"] as? String == "head")
    #expect((document?["points"] as? [Any])?.isEmpty == false)
    #expect(place.names(in: ".").allSatisfy { $0 != "runs" })
  }

  @Test func refusesRatesThatAreNone() throws {
    let place = try Workplace()
    try place.addModel()
    try place.addPhotos(count: 1)
    expectFailure(
      try place.graft("lr-find", "tiny.onnx", "on", "photos", "--from", "1", "--to", "0.1"), 64,
      "--from 1.0 --to 0.1: expected rates above 0, rising")
    expectFailure(
      try place.graft("lr-find", "tiny.onnx", "on", "photos", "--steps", "3"), 64,
      "--steps is 3; expected 10 to 100000")
  }
}
