using System.Globalization;
using System.Text.Json;

namespace RadLab.Models;

/// <summary>Reading Hugging Face's <c>tokenizer.json</c>.</summary>
public sealed partial class ByteLevelBpe
{
    /// <summary>Reads a <c>tokenizer.json</c>: model, merges, added tokens; settings that would change the ids are refused by name.</summary>
    public static ByteLevelBpe LoadTokenizerJson(string path) => ParseTokenizerJson(TokenizerFile.Read(path), path, new TokenizerSettings());

    internal static ByteLevelBpe ParseTokenizerJson(ReadOnlyMemory<byte> utf8, string file, TokenizerSettings settings)
    {
        var fields = new JsonFields(file);
        using var document = fields.Parse(utf8);
        var root = fields.Members(document.RootElement, "tokenizer");
        if (JsonFields.Has(root, "normalizer", out var normalizer)) throw TokenizerFile.Unsupported(file, "normalizer", "null", JsonFields.Shown(normalizer));
        CheckSplit(fields, root);
        CheckDecoder(fields, root);
        if (!JsonFields.Has(root, "model", out var modelElement)) throw fields.Fail("model", "is missing");
        var model = fields.Members(modelElement, "model");
        CheckModel(fields, model);

        var added = ReadAdded(fields, root, settings);
        var (vocabulary, latin1) = ReadVocabulary(fields, model, added);
        var (order, merges) = ReadMerges(fields, model, vocabulary);
        return Build(latin1, added, merges, order, fields.Flag(model, "ignore_merges", "model", absent: false), file, settings);
    }

    private static void CheckModel(JsonFields fields, Dictionary<string, JsonElement> model)
    {
        if (JsonFields.Has(model, "type", out var type) && fields.Text(type, "model.type") is var name and not "BPE")
            throw TokenizerFile.Unsupported(fields.File, "model.type", "BPE", CheckpointFormatException.Quote(name));
        foreach (string key in (string[])["continuing_subword_prefix", "end_of_word_suffix"])
            if (JsonFields.Has(model, key, out var affix) && fields.Text(affix, $"model.{key}").Length > 0)
                throw TokenizerFile.Unsupported(fields.File, $"model.{key}", "null", JsonFields.Shown(affix));
        if (JsonFields.Has(model, "dropout", out var dropout) && !(dropout.ValueKind == JsonValueKind.Number && dropout.TryGetDouble(out double rate) && rate == 0))
            throw TokenizerFile.Unsupported(fields.File, "model.dropout", "null", JsonFields.Shown(dropout));
        if (fields.Flag(model, "byte_fallback", "model", absent: false))
            throw TokenizerFile.Unsupported(fields.File, "model.byte_fallback", "false (a SentencePiece model: load its tokenizer.model instead)", "true");
    }

    // [Split by Llama-3's pattern, ByteLevel without a split of its own]
    private static void CheckSplit(JsonFields fields, Dictionary<string, JsonElement> root)
    {
        const string Field = "pre_tokenizer";
        if (!JsonFields.Has(root, Field, out var element)) throw TokenizerFile.Unsupported(fields.File, Field, "Llama-3's Split and ByteLevel", "nothing");
        var outer = fields.Members(element, Field);
        if (TypeOf(fields, outer, Field) != "Sequence" || !JsonFields.Has(outer, "pretokenizers", out var list) || list.ValueKind != JsonValueKind.Array || list.GetArrayLength() != 2)
            throw TokenizerFile.Unsupported(fields.File, Field, "a Sequence of Split and ByteLevel", "something else");

        var split = fields.Members(list[0], $"{Field}[0]");
        if (TypeOf(fields, split, $"{Field}[0]") != "Split") throw TokenizerFile.Unsupported(fields.File, $"{Field}[0].type", "Split", "something else");
        string pattern = JsonFields.Has(split, "pattern", out var p) && JsonFields.Has(fields.Members(p, $"{Field}[0].pattern"), "Regex", out var regex)
            ? fields.Text(regex, $"{Field}[0].pattern.Regex") : "";
        if (pattern != Llama3Split.Pattern)
            throw TokenizerFile.Unsupported(fields.File, $"{Field}[0].pattern", "the regular expression of Llama 3", CheckpointFormatException.Quote(pattern));
        if (!JsonFields.Has(split, "behavior", out var behavior) || fields.Text(behavior, $"{Field}[0].behavior") != "Isolated" || fields.Flag(split, "invert", $"{Field}[0]", absent: false))
            throw TokenizerFile.Unsupported(fields.File, $"{Field}[0].behavior", "Isolated, not inverted", "something else");

        var bytes = fields.Members(list[1], $"{Field}[1]");
        if (TypeOf(fields, bytes, $"{Field}[1]") != "ByteLevel" || fields.Flag(bytes, "add_prefix_space", $"{Field}[1]", absent: true) || fields.Flag(bytes, "use_regex", $"{Field}[1]", absent: true))
            throw TokenizerFile.Unsupported(fields.File, $"{Field}[1]", "ByteLevel with add_prefix_space and use_regex false", "something else");
    }

    private static void CheckDecoder(JsonFields fields, Dictionary<string, JsonElement> root)
    {
        if (!JsonFields.Has(root, "decoder", out var decoder)) return;
        string type = TypeOf(fields, fields.Members(decoder, "decoder"), "decoder");
        if (type != "ByteLevel") throw TokenizerFile.Unsupported(fields.File, "decoder.type", "ByteLevel", CheckpointFormatException.Quote(type));
    }

    private static string TypeOf(JsonFields fields, Dictionary<string, JsonElement> members, string field) =>
        members.TryGetValue("type", out var type) ? fields.Text(type, $"{field}.type") : throw fields.Fail($"{field}.type", "is missing");

    private static AddedTokens ReadAdded(JsonFields fields, Dictionary<string, JsonElement> root, TokenizerSettings settings)
    {
        var added = new AddedTokens();
        if (JsonFields.Has(root, "added_tokens", out var list))
        {
            fields.Require(list, JsonValueKind.Array, "added_tokens", "a list");
            int i = 0;
            foreach (var item in list.EnumerateArray())
            {
                string field = string.Create(CultureInfo.InvariantCulture, $"added_tokens[{i++}]");
                var members = fields.Members(item, field);
                int id = fields.Id(members.TryGetValue("id", out var value) ? value : default, $"{field}.id");
                added.Add(fields.Added(members, id, field), fields.File, field);
            }
        }
        foreach (var token in settings.Added) added.Add(token, settings.Source, "added tokens");
        return added;
    }

    /// <returns>The vocabulary as it is written, and by id as Latin-1 of the bytes it means.</returns>
    private static (Dictionary<string, int> Written, Dictionary<int, string> Latin1) ReadVocabulary(JsonFields fields, Dictionary<string, JsonElement> model, AddedTokens added)
    {
        if (!JsonFields.Has(model, "vocab", out var vocabulary)) throw fields.Fail("model.vocab", "is missing");
        fields.Require(vocabulary, JsonValueKind.Object, "model.vocab", "an object");
        var written = new Dictionary<string, int>();
        var latin1 = new Dictionary<int, string>();
        foreach (var member in vocabulary.EnumerateObject())
        {
            string token = fields.NameOf(member, "model.vocab");
            string field = $"model.vocab.{CheckpointFormatException.Quote(token)}";
            int id = fields.Id(member.Value, field);
            if (!written.TryAdd(token, id)) throw fields.Fail("model.vocab", $"has the key {CheckpointFormatException.Quote(token)} twice");
            if (token.Length is 0 or > TokenTable.MaxTokenBytes)
                throw fields.Fail(field, string.Create(CultureInfo.InvariantCulture, $"must have 1 to {TokenTable.MaxTokenBytes} characters, got {token.Length}"));
            if (added.TryGet(id, out string content) && content == token)
            {
                // as written it is a plain text, unlike the rest of the vocabulary
                if (ByteAlphabet.Decode(token) is not { } own || own != TokenTable.Latin1(content)) continue;
                if (!latin1.TryAdd(id, own)) throw fields.Fail(field, string.Create(CultureInfo.InvariantCulture, $"has id {id}, which another token has"));
                continue;
            }
            string bytes = ByteAlphabet.Decode(token) ?? throw fields.Fail(field, "has a character outside the byte alphabet");
            if (!latin1.TryAdd(id, bytes)) throw fields.Fail(field, string.Create(CultureInfo.InvariantCulture, $"has id {id}, which another token has"));
            if (content.Length > 0) throw fields.Fail(field, string.Create(CultureInfo.InvariantCulture, $"has id {id}, which belongs to the added token {CheckpointFormatException.Quote(content)}"));
        }
        return (written, latin1);
    }

    private static ((int Left, int Right)[] Order, MergeTable Table) ReadMerges(JsonFields fields, Dictionary<string, JsonElement> model, Dictionary<string, int> vocabulary)
    {
        if (!JsonFields.Has(model, "merges", out var list)) throw fields.Fail("model.merges", "is missing");
        fields.Require(list, JsonValueKind.Array, "model.merges", "a list");
        var lookup = vocabulary.GetAlternateLookup<ReadOnlySpan<char>>();
        var order = new List<(int, int)>(list.GetArrayLength());
        var table = new MergeTable();
        foreach (var item in list.EnumerateArray())
        {
            // formatted only when something is wrong: there are hundreds of thousands
            int number = order.Count;
            string Field() => string.Create(CultureInfo.InvariantCulture, $"model.merges[{number}]");
            string left, right;
            if (item.ValueKind == JsonValueKind.Array && item.GetArrayLength() == 2)
            {
                left = fields.Text(item[0], Field());
                right = fields.Text(item[1], Field());
            }
            else
            {
                string pair = fields.Text(item, "model.merges");
                int space = pair.IndexOf(' ');
                if (space < 0 || pair.IndexOf(' ', space + 1) >= 0) throw fields.Fail(Field(), $"must be two tokens with a space between them, got {CheckpointFormatException.Quote(pair)}");
                left = pair[..space];
                right = pair[(space + 1)..];
            }
            // A result is always longer than its parts, so merges cannot run in a circle.
            if (left.Length == 0 || right.Length == 0) throw fields.Fail(Field(), "must not have an empty part");
            string merged = left.Length + right.Length <= TokenTable.MaxTokenBytes ? left + right : throw fields.Fail(Field(), "is longer than any token may be");
            int l = IdOf(left), r = IdOf(right), m = IdOf(merged);
            table.Set(l, r, number, m);   // the later of two equal merges holds, as in the reference implementation
            order.Add((l, r));

            int IdOf(string token) => lookup.TryGetValue(token, out int id) ? id
                : throw fields.Fail(Field(), $"names {CheckpointFormatException.Quote(token)}, which is not in the vocabulary");
        }
        return ([.. order], table);
    }

    private static ByteLevelBpe Build(Dictionary<int, string> latin1, AddedTokens added, MergeTable merges, (int, int)[] order, bool ignoreMerges, string file, TokenizerSettings settings)
    {
        int size = 0;
        foreach (int id in latin1.Keys) size = Math.Max(size, id + 1);
        foreach (var token in added.All) size = Math.Max(size, token.Id + 1);
        var texts = new string?[size];
        var ids = new Dictionary<string, int>(latin1.Count);
        foreach (var (id, text) in latin1)
        {
            texts[id] = text;
            ids.Add(text, id);
        }
        foreach (var token in added.All)
        {
            string content = TokenTable.Latin1(token.Content);
            if (texts[token.Id] is { } taken && taken != content)
                throw TokenizerFile.Fail(file, "added tokens", string.Create(CultureInfo.InvariantCulture, $"{CheckpointFormatException.Quote(token.Content)} has id {token.Id}, which another token has"));
            texts[token.Id] = content;
        }
        for (int b = 0; b < 256; b++)
            if (!ids.ContainsKey(((char)b).ToString()))
                throw TokenizerFile.Fail(file, "vocabulary", string.Create(CultureInfo.InvariantCulture, $"must have a token for every byte, but has none for 0x{b:X2}"));

        string? Named(string? chosen, params ReadOnlySpan<string> usual)
        {
            if (chosen is not null) return chosen;
            foreach (string name in usual)
                if (added.All.Any(t => t.Content == name)) return name;
            return null;
        }
        return new ByteLevelBpe(new TokenTable(texts), new PieceIndex(ids), merges, order, ignoreMerges, added.All,
            Named(settings.Bos, "<|begin_of_text|>", "<s>"), Named(settings.Eos, "<|end_of_text|>", "</s>"));
    }
}
