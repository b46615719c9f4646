using System.Globalization;
using RadLab.Compute;
using RadLab.Models;

namespace RadLab.Training;

public abstract partial class Optimizer
{
    private const string Format = "radlab.optimizer.v1";
    private const int Most = 16 << 20;

    /// <summary>
    /// Writes the state as one safetensors file: <c>NAME.mean</c> and the like, with kind and steps as metadata. It is streamed, appears under its name only when it is
    /// complete and on disk, and reads back bit for bit.
    /// </summary>
    public void Save(string file)
    {
        CheckWhole();
        var parts = AllParts();
        using var writer = SafeTensorsWriter.Create(file, parts.Select(p => Spec(p.Value.State, p.Value.Part, p.Key)), new Dictionary<string, string>
        {
            ["format"] = Format,
            ["kind"] = Settings.Kind.ToString(),
            ["steps"] = Steps.ToString(CultureInfo.InvariantCulture),
        });
        foreach (var entry in writer.Entries)
        {
            var (state, _, index) = parts[entry.Name];
            foreach (var piece in state.Pieces) ForBytes(piece.Parts[index], (_, bytes) => writer.Append(entry.Name, bytes));
        }
        writer.Commit();
    }

    /// <summary>Takes the state of a file over. The parameters' own numbers are not in it: load those of the same checkpoint.</summary>
    /// <exception cref="CheckpointFormatException">The file is another optimizer's or damaged; nothing was changed.</exception>
    public void Load(string file)
    {
        using var reader = SafeTensorsReader.Open(file);
        long steps = CheckMetadata(reader);
        var parts = AllParts();
        foreach (var (name, part) in parts) CheckEntry(reader, name, part.State, part.Part);
        foreach (var entry in reader.Entries)
        {
            if (!parts.ContainsKey(entry.Name))
                throw Mismatch(reader, $"tensor {Quote(entry.Name)}", "belongs to no parameter that is trained here", "load the optimizer of the same recipe");
        }

        _halfWay = true;
        foreach (var entry in reader.Entries)
        {
            var (state, _, index) = parts[entry.Name];
            long at = 0;
            foreach (var piece in state.Pieces)
            {
                ForBytes(piece.Parts[index], (offset, bytes) => reader.ReadRange(entry.Name, at + offset, bytes));
                at += piece.Parts[index].SizeBytes;
            }
        }
        Steps = steps;
        _halfWay = false;
    }

    /// <summary>
    /// The tensors of the state by their names in files; they belong to the optimizer. One that is paged comes in several pieces, in order, of the same name.
    /// </summary>
    public IEnumerable<KeyValuePair<string, Tensor>> State()
    {
        foreach (var state in _states)
            for (int i = 0; i < state.Parts.Length; i++)
                foreach (var piece in state.Pieces)
                    yield return KeyValuePair.Create(state.NameOf(state.Parts[i]), piece.Parts[i]);
    }

    private Dictionary<string, (ParameterState State, StatePart Part, int Index)> AllParts() =>
        _states.SelectMany(s => s.Parts.Select((part, i) => (Name: s.NameOf(part), Value: (s, part, i)))).ToDictionary(p => p.Name, p => p.Value);

    private static SafeTensorsSpec Spec(ParameterState state, StatePart part, string name) =>
        new(name, part.DType == DType.U8 ? SafeTensorsDType.U8 : SafeTensorsDType.F32, [.. state.ShapeOf(part).ToArray().Select(d => (long)d)]);

    private long CheckMetadata(SafeTensorsReader reader)
    {
        string? format = reader.Metadata.GetValueOrDefault("format"), kind = reader.Metadata.GetValueOrDefault("kind");
        if (format != Format)
            throw Mismatch(reader, "metadata, format", $"must be {Format}, got {Quote(format ?? "nothing")}", "give a file that Optimizer.Save has written");
        if (kind != Settings.Kind.ToString())
            throw Mismatch(reader, "metadata, kind", $"must be {Settings.Kind}, got {Quote(kind ?? "nothing")}", "go on with the optimizer that the run was begun with");
        if (!long.TryParse(reader.Metadata.GetValueOrDefault("steps"), NumberStyles.None, CultureInfo.InvariantCulture, out long steps))
            throw Mismatch(reader, "metadata, steps", "must be a number", "the file is damaged: take an earlier checkpoint");
        return steps;
    }

    private static void CheckEntry(SafeTensorsReader reader, string name, ParameterState state, StatePart part)
    {
        var expected = Spec(state, part, name);
        if (!reader.TryGet(name, out var entry))
            throw Mismatch(reader, $"tensor {Quote(name)}", "is missing, but its parameter is trained here", "load the optimizer of the same recipe");
        if (entry.DType != expected.DType || !entry.Shape.SequenceEqual(expected.Shape))
            throw Mismatch(reader, $"tensor {Quote(name)}", $"must be {expected.DType} {state.ShapeOf(part)}, got {entry.DType} {entry.ShapeText}", "load the optimizer of the same recipe");
    }

    private static CheckpointFormatException Mismatch(SafeTensorsReader reader, string field, string problem, string advice) => new(reader.File, field, problem, advice);

    private static string Quote(string text) => $"'{(text.Length > 80 ? text[..80] + "…" : text)}'";

    private delegate void BytesAt(long offset, Span<byte> bytes);

    // in pieces that a span can hold
    private static unsafe void ForBytes(Tensor t, BytesAt action)
    {
        using var lease = t.Acquire();
        for (long at = 0; at < t.SizeBytes; at += Most) action(at, new Span<byte>(lease.Pointer + at, (int)Math.Min(Most, t.SizeBytes - at)));
    }
}
