import PercussClient
import PercussCore
import PercussGATT
import PercussLink
import PercussSimulator
import PercussTime
import PercussWire
import Synchronization
import Testing

@Suite("Upload, end to end")
struct UploadTests {
  @Test(arguments: [23, 50, 185, 247, 517])
  func `a routine of any length arrives whole`(mtu: Int) throws {
    for count in [1, 2, 46, 47, 93, 600, 2048] {
      try Bench.run(radio: .mtu(mtu)) { bench in
        try await bench.device.takeControl()
        let progress = Mutex<[Int]>([])
        let image = try await bench.device.upload(.numbered(7, count: count), to: 2) { done, total in
          progress.withLock { $0.append(done) }
          #expect(total == 4 + 11 * count)
        }
        let slot = try await bench.device.query(slot: 2)
        #expect(slot.status.contains(.stored) && !slot.status.contains(.partial))
        #expect(slot.length == image.length && slot.crc32 == image.crc32)
        try await bench.device.validate(slot: 2)
        let told = progress.withLock { $0 }
        #expect(told == told.sorted() && told.last == Int(image.length))
      }
    }
  }

  @Test(arguments: [23, 247], 0..<25 as Range<UInt64>)
  func `a bad link delays an upload, and no more`(mtu: Int, seed: UInt64) throws {
    try Bench.run(radio: .bad(mtu: mtu), seed: seed) { bench in
      try await bench.device.takeControl(lease: .seconds(20))
      let image = try await bench.device.upload(.numbered(Int(seed), count: 400), to: 1)
      let slot = try await bench.device.query(slot: 1)
      #expect(slot.length == image.length && slot.crc32 == image.crc32)
    }
  }

  @Test func `an upload cut at any byte leaves the old routine intact, and goes on where it was cut`() throws {
    let old = try RoutineImage(.numbered(1, count: 3))
    let segments = [RoutineSegment].numbered(2, count: 6)
    let new = try RoutineImage(segments)
    for cut in 0..<new.bytes.count {
      try Bench.run(radio: .mtu(247), seed: UInt64(cut)) { bench in
        try await bench.device.takeControl()
        try await bench.device.upload(.numbered(1, count: 3), to: 0)
        try await bench.device.perform(.routineBegin(slot: 0, length: new.length, crc32: new.crc32))
        if cut > 0 {
          let chunk: [UInt8] = [RoutineDataKind.chunk.rawValue, 2, 0, 0, 0, 0] + new.bytes[..<cut]
          try await bench.rig.link.write(chunk, to: .percussRoutineData, type: .command)
          try await bench.wait(.milliseconds(30))
        }
        await bench.rig.link.vanish(.central)
        try await bench.wait(.seconds(3))

        let (_, back) = try await bench.connectAgain()
        let slot = try await back.query(slot: 0)
        #expect(slot.length == old.length && slot.crc32 == old.crc32, "cut at \(cut)")
        #expect(slot.partialLength == UInt32(cut))
        try await back.validate(slot: 0)
        try await back.takeControl()
        let first = Mutex<Int?>(nil)
        try await back.upload(segments, to: 0) { done, _ in first.withLock { $0 = done == 0 || $0 != nil ? $0 : done } }
        if cut > 0 { #expect(first.withLock { $0 ?? 0 } >= cut, "what was there is not sent again") }
        #expect(try await back.query(slot: 0).crc32 == new.crc32)
      }
    }
  }

  @Test(arguments: 0..<30 as Range<UInt64>)
  func `an upload cut by the radio at any time ends with an error, and is whole after the next one`(seed: UInt64) throws
  {
    var radio = RadioParameters.bad(mtu: seed.isMultiple(of: 2) ? 23 : 185)
    radio.dropProbability = 0.03
    try Bench.run(radio: radio, seed: seed) { bench in
      try await bench.device.takeControl()
      let old = try await bench.device.upload(.numbered(1, count: 20), to: 0)
      let segments = [RoutineSegment].numbered(2, count: 300)
      let upload = bench.timeline.start { try await bench.device.upload(segments, to: 0) }
      try await bench.wait(.milliseconds(20 + 37 * Int64(seed)))
      await bench.rig.link.disturb(.outage, for: .seconds(9))
      let began = bench.timeline.now
      let new = try RoutineImage(segments)
      if case .failure(let error) = await upload.result {
        #expect((error as? DeviceError)?.reason == .disconnected(.supervisionTimeout))
        #expect(bench.timeline.now <= began + .seconds(5))
      }
      try await bench.wait(.seconds(12))
      let (_, back) = try await bench.connectAgain()
      let slot = try await back.query(slot: 0)
      #expect(slot.crc32 == old.crc32 || slot.crc32 == new.crc32, "one or the other, never half")
      try await back.takeControl(lease: .seconds(20))
      try await back.upload(segments, to: 0)
      #expect(try await back.query(slot: 0).crc32 == new.crc32)
    }
  }

  @Test func `a commit whose answer is lost is resolved by a query`() throws {
    try Bench.run { bench in
      let lost = Mutex(0)
      let link = TamperingLink(
        try await bench.rig.connectAgain(),
        onValue: { characteristic, bytes in
          let isCommit =
            characteristic == .percussControlPoint && bytes.dropFirst().first == OpCode.routineCommit.rawValue
          if isCommit { lost.withLock { $0 += 1 } }
          return !isCommit
        })
      let device = try await Device.connect(over: link)
      try await device.takeControl()
      let image = try await device.upload(.numbered(5, count: 30), to: 3)
      #expect(lost.withLock { $0 } >= 3, "the commit was repeated, its answer lost every time")
      #expect(try await device.query(slot: 3).crc32 == image.crc32)
    }
  }

  @Test func `a link that dies with the answer to the commit leaves no doubt after the next connection`() throws {
    try Bench.run { bench in
      let plain = try await bench.rig.connectAgain()
      let link = TamperingLink(
        plain,
        onValue: { characteristic, bytes in
          guard characteristic == .percussControlPoint, bytes.dropFirst().first == OpCode.routineCommit.rawValue else {
            return true
          }
          await plain.vanish(.central)
          return false
        })
      let device = try await Device.connect(over: link)
      try await device.takeControl()
      await #expect(throws: DeviceError.self) { try await device.upload(.numbered(5, count: 30), to: 3) }
      try await bench.wait(.seconds(5))

      let chunks = Mutex(0)
      let again = TamperingLink(
        try await bench.rig.connectAgain(),
        onWrite: { characteristic, _ in
          if characteristic == .percussRoutineData { chunks.withLock { $0 += 1 } }
          return true
        })
      let back = try await Device.connect(over: again)
      let image = try RoutineImage(.numbered(5, count: 30))
      #expect(try await back.query(slot: 3).crc32 == image.crc32)
      try await back.upload(.numbered(5, count: 30), to: 3)
      #expect(chunks.withLock { $0 } == 0, "nothing is sent again, and no control is needed")
    }
  }

  @Test func `a device that never credits is given up after a bound`() throws {
    try Bench.run { bench in
      let link = TamperingLink(
        try await bench.rig.connectAgain(), onWrite: { characteristic, _ in characteristic != .percussRoutineData })
      let device = try await Device.connect(over: link)
      try await device.takeControl()
      let began = bench.timeline.now
      let error = await #expect(throws: DeviceError.self) { try await device.upload(.numbered(5, count: 30), to: 3) }
      #expect(error?.reason == .uploadStalled(at: 0, of: 334))
      #expect(bench.timeline.now <= began + .seconds(10))
    }
  }

  @Test func `the routine that plays is not replaced, and neither a wrong slot nor a long routine is tried`() throws {
    try Bench.run(model: .mini) { bench in
      try await bench.device.takeControl()
      try await bench.device.upload([.hold(2000, milliseconds: 60_000)], to: 0)
      try await bench.device.startRoutine(slot: 0)
      let error = await #expect(throws: DeviceError.self) {
        try await bench.device.upload(.numbered(5, count: 3), to: 0)
      }
      guard case .refused(let refusal) = error?.reason else {
        Issue.record("\(String(describing: error))")
        return
      }
      #expect(refusal.result == .inUse)
      #expect(await bench.motor.truth.state == .routine)
      await #expect(throws: DeviceError.self) { try await bench.device.upload(.numbered(5, count: 3), to: 1) }
      await #expect(throws: DeviceError.self) { try await bench.device.upload(.numbered(5, count: 65), to: 0) }
      await #expect(throws: DeviceError.self) { try await bench.device.upload([], to: 0) }
    }
  }
}
