import ArgumentParser

/// Whether a command leaves a capture behind.
struct RecordingOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "Write a capture of the conversation with the device: btsnoop, for Wireshark, btmon and percuss capture.",
      discussion: """
        Values, errors and instants are those of the link; its handles, discovery, the parts of long values and HCI are \
        reconstructed. A disk that is full or slow ends or thins the capture, never the work.
        """, valueName: "file"))
  var capture: String?
}
