import Foundation
import Testing

/// `--head`, `--cut`, `--size` and `inspect --cuts`, word for word.
@Suite struct HeadTests {
  @Test func graftsWhatWasAskedFor() throws {
    let place = try Workplace()
    try place.addModel()
    try place.addPhotos()
    let cases = [
      (["--head", "mlp:9,4"], "mlp:9,4 in place of logits (Gemm): 16 → 9 → 4 → 5"),
      (
        ["--head", "cosine", "--cut", "pool"],
        "cosine behind pool (MaxPool), [16, 16, 16] averaged: 16 → 5"
      ),
      (["--cut", "relu"], "linear behind relu (Relu), [16, 32, 32] averaged: 16 → 5"),
    ]
    for (number, (words, text)) in cases.enumerated() {
      let run = try place.graft(
        ["finetune", "tiny.onnx", "on", "photos", "--depth", "head", "--epochs", "2"]
          + ["-o", "run\(number)"] + words)
      #expect(run.status == 0, "\(run.err)")
      #expect(run.err.contains("\nModel   tiny  new head \(text)\n"), "\(run.err)")
    }
    let kept = try place.graft("inspect", "run1")
    #expect(
      kept.out.contains("\nhead           cosine: head.cosine (Gemm) on features [16], 5 classes"))
    let named = try place.graft("classify", "run0", "photos")
    #expect(named.status == 0, "\(named.err)")
  }

  @Test func refusesWhatCannotBe() throws {
    let place = try Workplace()
    try place.addModel()
    try place.addPhotos()
    let words = ["finetune", "tiny.onnx", "on", "photos"]
    let head = try place.graft(words + ["--head", "tree"])
    #expect(head.status == 64)
    #expect(
      head.err
        == "error: --head: 'tree' is no head; expected linear, cosine, mlp:512, or mlp:512,128\n")
    let cut = try place.graft(words + ["--cut", "layer9"])
    #expect(cut.status == 64)
    #expect(
      cut.err.hasSuffix(
        """
        error: --cut: the network has no node 'layer9' to cut behind
          All of them: graft inspect tiny.onnx --cuts

        """), "\(cut.err)")
    #expect(place.names(in: ".").contains("runs") == false)
  }

  @Test func listsTheCuts() throws {
    let place = try Workplace()
    try place.addModel()
    let list = try place.graft("inspect", "tiny.onnx", "--cuts")
    #expect(list.status == 0)
    #expect(
      list.out == """
        cut behind  operator  output  features  parameters  MFLOP
        flat        Flatten   [16]          16         480    1.0

        """)
    #expect(
      list.err.hasSuffix(
        """

        A map of features is averaged over its pixels; parameters and MFLOP are those up to there.
        Without --cut it is cut at the last of them.

        Next    graft finetune tiny.onnx on my-photos --cut flat

        """), "\(list.err)")
    let json = try place.graft("inspect", "tiny.onnx", "--cuts", "--json")
    let rows = try JSONSerialization.jsonObject(with: json.output) as? [[String: Any]]
    #expect(rows?.first?["cut"] as? String == "flat")
    #expect(rows?.first?["shape"] as? [Int] == [16])
    let both = try place.graft("inspect", "tiny.onnx", "--cuts", "--plan")
    #expect(both.status == 64)
    #expect(both.err.hasPrefix("error: --plan and --cuts are two lists; ask for one\n"))
  }
}
