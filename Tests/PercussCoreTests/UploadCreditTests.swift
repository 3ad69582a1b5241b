import PercussWire
import Testing

@testable import PercussCore

/// When an upload is credited: protocol-spec section 14, PCS/SR/UP/BV-07 and BV-08.
@Suite struct UploadCreditTests {
  /// An upload of 2046 bytes, of which the chunks are all 100 bytes long.
  private struct Transfer {
    var upload = Upload(transfer: 1, slot: 0, length: 2046, crc32: 0, isStored: false)

    /// The offset of the credit that the chunk brings, if it brings one.
    mutating func chunk(_ offset: UInt32, count: Int = 100) -> UInt32? {
      let bytes = [UInt8](repeating: 7, count: count)
      return upload.take(offset: offset, value: bytes.span.bytes, payload: 0..<count) ? upload.nextOffset : nil
    }
  }

  @Test func `bytes in order are credited every half window and at the end`() {
    var transfer = Transfer()
    var credits: [UInt32] = []
    for offset in stride(from: UInt32(0), to: 2046, by: 100) {
      if let credit = transfer.chunk(offset, count: min(100, 2046 - Int(offset))) { credits.append(credit) }
    }
    #expect(credits == [600, 1200, 1800, 2046])
  }

  @Test func `a gap is credited once, until bytes come again`() {
    var transfer = Transfer()
    #expect(transfer.chunk(0) == nil)
    #expect(transfer.chunk(200) == 100)
    #expect(transfer.chunk(300) == nil)
    #expect(transfer.chunk(100) == nil)
    #expect(transfer.chunk(300) == 200)
  }

  @Test func `a chunk without news is credited every time`() {
    var transfer = Transfer()
    #expect(transfer.chunk(0) == nil)
    #expect(transfer.chunk(0) == 100)
    #expect(transfer.chunk(50, count: 50) == 100)
    #expect(transfer.chunk(100, count: 2000) == 100, "reaches beyond the end")
  }

  @Test(arguments: [true, false])
  func `half a window counts from the last credit, of whatever kind`(isGap: Bool) {
    var transfer = Transfer()
    for offset in stride(from: UInt32(0), to: 400, by: 100) { #expect(transfer.chunk(offset) == nil) }
    #expect(transfer.chunk(isGap ? 900 : 0) == 400)
    // Regular credits are never less than 512 beyond the one before: less would tell the central of a gap.
    for offset in stride(from: UInt32(400), to: 900, by: 100) { #expect(transfer.chunk(offset) == nil) }
    #expect(transfer.chunk(900) == 1000)
  }
}
