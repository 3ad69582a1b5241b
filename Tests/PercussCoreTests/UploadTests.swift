import PercussWire
import Testing

@testable import PercussCore

/// Whole or not at all: protocol-spec section 14, upload.
@Suite struct UploadTests {
  static let old = [hold(1900, 1000)]
  static let new = [hold(2000, 1000), ramp(2000, 2400, 500), rest(250)]

  private func description(_ bench: inout Bench, slot: UInt8 = 0) -> ControlResponse.Body? {
    bench.ask(.routineQuery(slot: slot))?.body
  }

  private func stored(_ segments: [RoutineSegment], status: SlotStatus = .stored, next: UInt32 = 0)
    -> ControlResponse.Body
  {
    let bytes = routineBytes(segments)
    return .slotDescribed(
      slot: 0, status: status, length: UInt32(bytes.count), crc32: checksum(bytes), nextOffset: next)
  }

  @Test func `an upload is stored whole (PCS/SR/UP/BV-01, BV-04, BV-11)`() {
    var bench = Bench()
    #expect(description(&bench) == .slotDescribed(slot: 0, status: [], length: 0, crc32: 0, nextOffset: 0))
    #expect(bench.store(Self.old)?.body == .routineStored(slot: 0))
    #expect(description(&bench) == stored(Self.old))
    #expect(bench.store(Self.new)?.body == .routineStored(slot: 0))
    #expect(description(&bench) == stored(Self.new))
    #expect(bench.ask(.routineValidate(slot: 0))?.result == .success)
  }

  @Test func `an upload that is cut at any byte leaves the old routine intact (PCS/SR/UP/BV-10)`() {
    let bytes = routineBytes(Self.new)
    for cut in 0..<bytes.count {
      for isLinkLost in [false, true] {
        var bench = Bench(centrals: 2)
        bench.store(Self.old)
        bench.beginUpload(bytes)
        bench.sendChunks(Array(bytes[0..<cut]), transfer: 2, size: 5)
        if isLinkLost {
          bench.give(.disconnected(CentralNumber(0)))
          bench.connect(0)
          bench.ask(.requestControl(leaseMilliseconds: 60000, lossPolicy: .stop))
        }
        let status: SlotStatus = [.stored, .partial]
        #expect(description(&bench) == stored(Self.old, status: status, next: UInt32(cut)))
        let commit = bench.ask(.routineCommit(transfer: 2))
        #expect(commit?.body == .uploadIncomplete(nextOffset: UInt32(cut)))
        #expect(bench.core.store.routine(0)?.bytes == routineBytes(Self.old))
        bench.ask(.routineStart(slot: 0, startMicroseconds: 0, offsetMilliseconds: 0))
        bench.run(milliseconds: 900)
        #expect(bench.core.truth.setpointMilliPPM == 1_900_000, "the old routine plays")
      }
    }
  }

  @Test func `a partial upload goes on over another connection of another central (PCS/SR/UP/BV-02)`() {
    let bytes = routineBytes(Self.new)
    for cut in 0..<bytes.count {
      var bench = Bench(centrals: 2)
      bench.beginUpload(bytes)
      bench.sendChunks(Array(bytes[0..<cut]), transfer: 1)
      bench.give(.disconnected(CentralNumber(0)))
      bench.ask(.requestControl(leaseMilliseconds: 60000, lossPolicy: .stop), from: 1)
      let begin = bench.beginUpload(bytes, from: 1)
      #expect(begin?.body == .transferOpened(transfer: 1, nextOffset: UInt32(cut), window: 1024))
      bench.sendChunks(bytes, transfer: 1, from: cut, central: 1)
      #expect(bench.ask(.routineCommit(transfer: 1), from: 1)?.body == .routineStored(slot: 0))
      #expect(bench.core.store.routine(0)?.bytes == bytes)
    }
  }

  @Test func `a lost commit answer is resolved by a query and by the same commit again (PCS/SR/UP/BV-12)`() {
    var bench = Bench(centrals: 2)
    let bytes = routineBytes(Self.new)
    bench.beginUpload(bytes)
    bench.sendChunks(bytes, transfer: 1)
    bench.ask(.routineCommit(transfer: 1), flags: .quiet)
    bench.give(.disconnected(CentralNumber(0)))
    bench.connect(0)
    #expect(description(&bench) == stored(Self.new), "needs no control")
    bench.ask(.requestControl(leaseMilliseconds: 60000, lossPolicy: .stop))
    #expect(bench.ask(.routineCommit(transfer: 1))?.body == .routineStored(slot: 0))
    #expect(bench.ask(.routineCommit(transfer: 2))?.result == .notFound)
    bench.ask(.routineClear(slot: 0))
    #expect(bench.ask(.routineCommit(transfer: 1))?.result == .notFound)
  }

  @Test func `what is stored already needs no bytes, also while it plays (PCS/SR/UP/BV-03)`() {
    var bench = Bench()
    bench.store(Self.new)
    bench.ask(.routineStart(slot: 0, startMicroseconds: 0, offsetMilliseconds: 0))
    let bytes = routineBytes(Self.new)
    let length = UInt32(bytes.count)
    #expect(bench.beginUpload(bytes)?.body == .transferOpened(transfer: 2, nextOffset: length, window: 1024))
    #expect(description(&bench) == stored(Self.new, status: [.stored, .playing]))
    #expect(bench.ask(.routineCommit(transfer: 2))?.body == .routineStored(slot: 0))
  }

  @Test func `a slot that is cleared meanwhile needs its bytes after all`() {
    var bench = Bench()
    bench.store(Self.new)
    let bytes = routineBytes(Self.new)
    bench.beginUpload(bytes)
    bench.ask(.routineClear(slot: 0))
    #expect(bench.ask(.routineCommit(transfer: 2))?.body == .uploadIncomplete(nextOffset: 0))
    bench.sendChunks(bytes, transfer: 2)
    #expect(bench.ask(.routineCommit(transfer: 2))?.result == .success)
  }

  @Test func `a wrong checksum drops the upload and nothing else (PCS/SR/UP/BI-04)`() {
    var bench = Bench()
    bench.store(Self.old)
    let bytes = routineBytes(Self.new)
    bench.ask(.routineBegin(slot: 0, length: UInt32(bytes.count), crc32: 0x1234_5678))
    bench.sendChunks(bytes, transfer: 2)
    #expect(bench.ask(.routineCommit(transfer: 2))?.result == .crcMismatch)
    #expect(description(&bench) == stored(Self.old))
    #expect(bench.ask(.routineCommit(transfer: 2))?.result == .notFound)
  }

  @Test func `the slot that plays is not replaced until it has ended (PCS/SR/UP/BI-06)`() {
    for situation in [Situation.scheduled, .routine, .paused] {
      var bench = situation.bench()
      let bytes = routineBytes(Self.new)
      bench.beginUpload(bytes)
      bench.sendChunks(bytes, transfer: 3)
      #expect(bench.ask(.routineCommit(transfer: 3))?.result == .inUse)
      #expect(bench.core.store.routine(0)?.bytes == routineBytes(Situation.storedRoutine))
      bench.ask(.stop)
      #expect(bench.ask(.routineCommit(transfer: 3))?.result == .success)
    }
  }

  @Test func `what the device cannot play is refused with its step (PCS/SR/UP/BI-05)`() {
    let good = hold(1900, 1000)
    let cases: [([RoutineSegment], UInt16)] = [
      ([good, hold(1905, 1000)], 1), ([good, good, ramp(1000, 1900, 1000)], 2), ([hold(0, 1000)], 0),
      ([good, hold(1900, 1000, force: 1781)], 1),
      ([good, hold(1900, 86_400_000)], 1),
    ]
    for (segments, step) in cases {
      var bench = Bench()
      #expect(bench.store(segments)?.body == .invalidStep(step: step))
      #expect(bench.core.store.routine(0) == nil)
    }
  }

  @Test func `bytes that are no routine are refused (PCS/SR/UP/BI-05)`() {
    let good = routineBytes([hold(1900, 1000), hold(1900, 1000)])
    let cases: [(Int, UInt8, UInt16)] = [
      (0, 2, 65535), (1, 1, 65535), (2, 1, 65535), (2, 3, 65535), (4, 0, 0), (4, 9, 0), (15, 7, 1), (22, 0, 1),
    ]
    for (offset, value, step) in cases {
      var bench = Bench()
      var bytes = good
      bytes[offset] = value
      // A duration of 5 ms in the last case.
      if offset == 22 { bytes.replaceSubrange(22..<26, with: [5, 0, 0, 0]) }
      bench.beginUpload(bytes)
      bench.sendChunks(bytes, transfer: 1)
      #expect(bench.ask(.routineCommit(transfer: 1))?.body == .invalidStep(step: step), "\(offset)")
    }
  }

  @Test func `credits come every half window, at the end, once for a gap and for no news (PCS/SR/UP/BV-07, BV-08)`() {
    var bench = Bench()
    let bytes = routineBytes((0..<100).map { _ in hold(1900, 1000) })
    bench.beginUpload(bytes)
    bench.log.removeAll()
    func credit(_ offset: UInt32) -> RoutineStatus.Body {
      .uploadCredit(transfer: 1, nextOffset: offset, window: 1024)
    }
    bench.sendChunks(bytes, transfer: 1, size: 100)
    #expect(bench.credits == [credit(600), credit(1104)])
    bench.sendChunk([1], transfer: 1, at: 1103)
    #expect(bench.credits.count == 3, "nothing new")
    bench.ask(.routineAbort(transfer: 1))

    bench.beginUpload(bytes)
    bench.log.removeAll()
    bench.sendChunk(Array(bytes[0..<100]), transfer: 2, at: 0)
    bench.sendChunk(Array(bytes[200..<300]), transfer: 2, at: 200)
    bench.sendChunk(Array(bytes[300..<400]), transfer: 2, at: 300)
    #expect(bench.credits == [.uploadCredit(transfer: 2, nextOffset: 100, window: 1024)])
    bench.sendChunk(Array(bytes[50..<150]), transfer: 2, at: 50)
    bench.sendChunk(Array(bytes[200..<300]), transfer: 2, at: 200)
    #expect(bench.credits.last == .uploadCredit(transfer: 2, nextOffset: 150, window: 1024))
    #expect(bench.credits.count == 2)
  }

  @Test func `chunks of others, of other transfers and beyond the end are not taken (PCS/SR/UP/BV-09, BI-01)`() {
    var bench = Bench(centrals: 2)
    let bytes = routineBytes(Self.new)
    bench.beginUpload(bytes)
    bench.log.removeAll()
    bench.sendChunk([1, 2, 3], transfer: 1, at: 0, central: 1)
    bench.sendChunk([1, 2, 3], transfer: 9, at: 0)
    bench.sendChunk([1, 2, 3], transfer: 1, at: Int(UInt32.max))
    #expect(bench.core.store.upload?.nextOffset == 0)
    bench.sendChunk([UInt8](repeating: 0, count: bytes.count + 1), transfer: 1, at: 0)
    #expect(bench.core.store.upload?.nextOffset == 0)
    #expect(bench.credits.count == 2)
  }

  @Test func `another announcement drops the partial upload, an abort too (PCS/SR/UP/BV-01)`() {
    var bench = Bench()
    let bytes = routineBytes(Self.new)
    bench.beginUpload(bytes)
    bench.sendChunk(Array(bytes[0..<10]), transfer: 1, at: 0)
    #expect(bench.beginUpload(bytes, slot: 1)?.body == .transferOpened(transfer: 2, nextOffset: 0, window: 1024))
    #expect(bench.ask(.routineAbort(transfer: 1))?.result == .notFound)
    #expect(bench.ask(.routineAbort(transfer: 2))?.result == .success)
    #expect(bench.ask(.routineCommit(transfer: 2))?.result == .notFound)
  }

  @Test func `malformed routine data changes nothing (PCS/SR/ER/BV-03)`() {
    var bench = Bench()
    #expect(bench.write([], to: .routineData) == .invalidAttributeValueLength)
    #expect(bench.write([1, 2, 3], to: .routineData) == .invalidAttributeValueLength)
    #expect(bench.write([9, 2, 3, 4, 5, 6, 7, 8], to: .routineData) == .malformedValue)
    #expect(bench.core.store.upload == nil)
  }
}
