using System.Text.Encodings.Web;
using System.Text.Json;

namespace RadLab.Models;

/// <summary>Writing <c>tokenizer.json</c>.</summary>
public sealed partial class ByteLevelBpe
{
    /// <summary>
    /// Writes a <c>tokenizer.json</c> in the form of Llama 3's. It adds no begin-of-text token by itself. The file appears under its name only when
    /// it is complete and on disk.
    /// </summary>
    public void Save(string path)
    {
        string temporary = path + ".tmp";
        try
        {
            using (var stream = new FileStream(temporary, FileMode.Create, FileAccess.Write, FileShare.None))
            {
                Write(stream);
                stream.Flush(flushToDisk: true);
            }
            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    internal void Write(Stream stream)
    {
        using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        json.WriteStartObject();
        json.WriteString("version", "1.0");
        json.WriteNull("truncation");
        json.WriteNull("padding");
        WriteAdded(json);
        json.WriteNull("normalizer");
        json.WriteStartObject("pre_tokenizer");
        json.WriteString("type", "Sequence");
        json.WriteStartArray("pretokenizers");
        json.WriteStartObject();
        json.WriteString("type", "Split");
        json.WriteStartObject("pattern");
        json.WriteString("Regex", Llama3Split.Pattern);
        json.WriteEndObject();
        json.WriteString("behavior", "Isolated");
        json.WriteBoolean("invert", false);
        json.WriteEndObject();
        json.WriteStartObject();
        WriteByteLevel(json, prefixSpace: false, ownSplit: false);
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteStartObject("post_processor");
        WriteByteLevel(json, prefixSpace: true, ownSplit: true);
        json.WriteEndObject();
        json.WriteStartObject("decoder");
        WriteByteLevel(json, prefixSpace: true, ownSplit: true);
        json.WriteEndObject();
        WriteModel(json);
        json.WriteEndObject();
    }

    private static void WriteByteLevel(Utf8JsonWriter json, bool prefixSpace, bool ownSplit)
    {
        json.WriteString("type", "ByteLevel");
        json.WriteBoolean("add_prefix_space", prefixSpace);
        json.WriteBoolean("trim_offsets", true);
        json.WriteBoolean("use_regex", ownSplit);
    }

    private void WriteAdded(Utf8JsonWriter json)
    {
        json.WriteStartArray("added_tokens");
        foreach (var token in AddedTokens)
        {
            json.WriteStartObject();
            json.WriteNumber("id", token.Id);
            json.WriteString("content", token.Content);
            json.WriteBoolean("single_word", token.SingleWord);
            json.WriteBoolean("lstrip", token.LeftStrip);
            json.WriteBoolean("rstrip", token.RightStrip);
            json.WriteBoolean("normalized", false);
            json.WriteBoolean("special", token.Special);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private void WriteModel(Utf8JsonWriter json)
    {
        json.WriteStartObject("model");
        json.WriteString("type", "BPE");
        json.WriteNull("dropout");
        json.WriteNull("unk_token");
        json.WriteNull("continuing_subword_prefix");
        json.WriteNull("end_of_word_suffix");
        json.WriteBoolean("fuse_unk", false);
        json.WriteBoolean("byte_fallback", false);
        json.WriteBoolean("ignore_merges", _ignoreMerges);
        json.WriteStartObject("vocab");
        for (int id = 0; id < VocabularySize; id++)
            if (_index.TryGet(BytesOf(id), out int own) && own == id) json.WriteNumber(ByteAlphabet.Encode(BytesOf(id)), id);
        json.WriteEndObject();
        json.WriteStartArray("merges");
        foreach (var (left, right) in _mergeOrder) json.WriteStringValue($"{ByteAlphabet.Encode(BytesOf(left))} {ByteAlphabet.Encode(BytesOf(right))}");
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
