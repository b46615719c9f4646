using System.Buffers;
using System.Buffers.Text;
using System.Globalization;

namespace RadLab.Models;

/// <summary>Which of the reserved tokens behind a Meta vocabulary have names; the file itself is the same.</summary>
public enum Llama3Release
{
    /// <summary>Llama 3.</summary>
    Llama3,

    /// <summary>Llama 3.1 and 3.2 (text models), which add a padding token, end of message and the Python tag.</summary>
    Llama31,
}

/// <summary>Reading Meta's <c>tokenizer.model</c> of Llama 3: one line "base64 rank" for each token; the rank is the id.</summary>
public sealed partial class ByteLevelBpe
{
    // All splits of every token are looked up, which is quadratic in its length.
    private const int MaxMetaTokenBytes = 256;

    private const int ReservedTokens = 256;

    /// <summary>Reads Meta's file and puts the release's 256 control tokens behind it.</summary>
    /// <remarks>The file has no merges: any two neighbours that make up a token are merged, those of the token with the lowest id first.</remarks>
    public static ByteLevelBpe LoadMetaModel(string path, Llama3Release release = Llama3Release.Llama3) =>
        ParseMetaModel(TokenizerFile.Read(path), path, release, new TokenizerSettings());

    internal static ByteLevelBpe ParseMetaModel(ReadOnlySpan<byte> utf8, string file, Llama3Release release, TokenizerSettings settings)
    {
        TokenizerFile.CheckLength(utf8.Length, file);
        var latin1 = ReadRanks(utf8, file);
        var added = new AddedTokens();
        foreach (string name in ControlTokens(release)) added.Add(new AddedToken(latin1.Count + added.Count, name), file, "control tokens");
        foreach (var token in settings.Added) added.Add(token, settings.Source, "added tokens");
        var (order, merges) = AllSplits(latin1);
        return Build(latin1, added, merges, order, ignoreMerges: true, file, settings);
    }

    private static Dictionary<int, string> ReadRanks(ReadOnlySpan<byte> utf8, string file)
    {
        var tokens = new Dictionary<int, string>();
        var seen = new HashSet<string>();
        Span<byte> bytes = stackalloc byte[MaxMetaTokenBytes + 3];
        int number = 0;
        foreach (var range in utf8.Split((byte)'\n'))
        {
            number++;
            var line = utf8[range].TrimEnd((byte)'\r');
            if (line.IsEmpty) continue;
            int space = line.IndexOf((byte)' ');
            CheckpointFormatException Fail(string problem) => TokenizerFile.Fail(file, string.Create(CultureInfo.InvariantCulture, $"line {number}"), problem);
            if (space < 0) throw Fail("must be a base64 token, a space and its rank");
            var base64 = line[..space];
            var digits = line[(space + 1)..];
            if (!Utf8Parser.TryParse(digits, out uint rank, out int used) || used != digits.Length || !char.IsAsciiDigit((char)digits[0]) || rank >= TokenTable.MaxTokens - ReservedTokens)
                throw Fail(string.Create(CultureInfo.InvariantCulture, $"must end in a rank from 0 to {TokenTable.MaxTokens - ReservedTokens - 1}"));
            if (base64.ContainsAny("\t\r\v\f"u8) || Base64.DecodeFromUtf8(base64, bytes, out int consumed, out int length) != OperationStatus.Done)
                throw Fail(string.Create(CultureInfo.InvariantCulture, $"must start with valid base64 of at most {MaxMetaTokenBytes} bytes"));
            if (consumed != base64.Length || length is 0 or > MaxMetaTokenBytes)
                throw Fail(string.Create(CultureInfo.InvariantCulture, $"must hold a token of 1 to {MaxMetaTokenBytes} bytes, got {length}"));
            string token = TokenTable.Latin1(bytes[..length]);
            if (!seen.Add(token)) throw Fail("holds a token that an earlier line has");
            if (!tokens.TryAdd((int)rank, token)) throw Fail(string.Create(CultureInfo.InvariantCulture, $"has rank {rank}, which an earlier line has"));
        }
        foreach (int rank in tokens.Keys)
            if (rank >= tokens.Count)
                throw TokenizerFile.Fail(file, "ranks", string.Create(CultureInfo.InvariantCulture, $"must be 0 to {tokens.Count - 1} for {tokens.Count} tokens, got {rank}"));
        return tokens;
    }

    private static ((int Left, int Right)[] Order, MergeTable Table) AllSplits(Dictionary<int, string> latin1)
    {
        var ids = new Dictionary<string, int>(latin1.Count);
        foreach (var (id, text) in latin1) ids.Add(text, id);
        var index = new PieceIndex(ids);
        var merges = new List<(int Merged, int Left, int Right)>();
        foreach (var (id, text) in latin1)
            for (int split = 1; split < text.Length; split++)
                if (index.TryGet(text.AsSpan(0, split), out int left) && index.TryGet(text.AsSpan(split), out int right)) merges.Add((id, left, right));
        merges.Sort();
        var table = new MergeTable();
        foreach (var (merged, left, right) in merges) table.Set(left, right, merged, merged);
        return ([.. merges.Select(m => (m.Left, m.Right))], table);
    }

    private static List<string> ControlTokens(Llama3Release release)
    {
        const string Reserved = "";
        bool llama31 = release == Llama3Release.Llama31;
        string[] named =
        [
            "<|begin_of_text|>", "<|end_of_text|>", Reserved, Reserved, llama31 ? "<|finetune_right_pad_id|>" : Reserved, Reserved,
            "<|start_header_id|>", "<|end_header_id|>", llama31 ? "<|eom_id|>" : Reserved, "<|eot_id|>", llama31 ? "<|python_tag|>" : Reserved,
        ];
        var tokens = new List<string>(ReservedTokens);
        int reserved = 0;
        for (int i = 0; i < ReservedTokens; i++)
            tokens.Add(i < named.Length && named[i] != Reserved ? named[i] : string.Create(CultureInfo.InvariantCulture, $"<|reserved_special_token_{reserved++}|>"));
        return tokens;
    }
}
