using System.Diagnostics;
using System.Text;
using RadLab.Models;

namespace RadLab.Tests;

/// <summary>Damaged tokenizer files are refused with a <see cref="CheckpointFormatException"/>, or what they give encodes every text and decodes it back.</summary>
public sealed class TokenizerFuzzTests
{
    private const string Text = "The lower lobe's é 中 🙂, 12345 mm  new <x> low\n";

    private const long MaxBytesPerCase = 64 << 20;

    private static readonly long s_cases = Environment.GetEnvironmentVariable("RADLAB_FUZZ") == "1" ? 1_000_000 : 10_000;
    private static readonly TimeSpan s_maxTimePerCase = TimeSpan.FromSeconds(5);

    [Fact]
    public void A_damaged_tokenizer_json_is_refused_or_works()
    {
        byte[][] files = [TokenizerSamples.Utf8(TokenizerSamples.Tokenizer()), TokenizerSamples.Utf8(TokenizerSamples.Tokenizer(pairs: true, ignoreMerges: true))];
        Run(101, files, bytes => ByteLevelBpe.ParseTokenizerJson(bytes, "fuzz", new TokenizerSettings()));
    }

    [Fact]
    public void A_damaged_Meta_model_is_refused_or_works() =>
        Run(102, [Encoding.UTF8.GetBytes(TokenizerSamples.MetaModel("lo", "low", " low", "er", "lobe"))], bytes => ByteLevelBpe.ParseMetaModel(bytes, "fuzz", Llama3Release.Llama31, new TokenizerSettings()), tail: 60);

    [Fact]
    public void A_damaged_SentencePiece_model_is_refused_or_works() =>
        Run(103, [TokenizerSamples.SentencePieceModel(TokenizerSamples.Pieces)], bytes => SentencePieceBpe.ParseModel(bytes, "fuzz", new TokenizerSettings()), tail: 160);

    [Fact]
    public void A_damaged_llama2c_file_is_refused_or_works() =>
        Run(104, [TokenizerSamples.Llama2C(TokenizerSamples.Pieces.Take(8))], bytes => SentencePieceBpe.ParseLlama2C(bytes, "fuzz"), tail: 80);

    [Fact]
    public void A_damaged_config_is_refused_or_works()
    {
        byte[] model = TokenizerSamples.SentencePieceModel(TokenizerSamples.Pieces);
        byte[] config = """{"bos_token":{"content":"<s>"},"eos_token":"</s>","added_tokens_decoder":{"1":{"content":"<s>","special":true},"271":{"content":"<CLS>","special":true}}}"""u8.ToArray();
        Run(105, [config], bytes => SentencePieceBpe.ParseModel(model, "model", TokenizerSettings.Parse(bytes, "fuzz", null, "")));
        Run(106, ["""{"<CLS>":271,"<SEP>":272}"""u8.ToArray()], bytes => SentencePieceBpe.ParseModel(model, "model", TokenizerSettings.Parse(null, "", bytes, "fuzz")), share: 10);
    }

    /// <param name="tail">Half of the cases damage only so many bytes at the end: most of a file is the table of bytes, of which none may be missing.</param>
    private static void Run(ulong seed, byte[][] files, Func<byte[], Tokenizer> parse, int share = 1, int tail = 0)
    {
        Assert.All(files, f => Assert.InRange(f.Length, 1, 4096));
        long accepted = 0, refused = 0, cases = s_cases / share;
        for (long number = 0; number < cases; number++)
        {
            long bytes = GC.GetAllocatedBytesForCurrentThread(), start = Stopwatch.GetTimestamp();
            var mutations = new CheckpointMutations(seed, number);
            try
            {
                byte[] file = files[number % files.Length];
                int kept = tail > 0 && mutations.Below(2) == 0 ? file.Length - tail : 0;
                Check(parse([.. file[..kept], .. mutations.Damage(file[kept..])]));
                accepted++;
            }
            catch (CheckpointFormatException)
            {
                refused++;
            }
            catch (Exception e)
            {
                Assert.Fail($"case {number} of seed {seed} ended in {e}");
            }
            bytes = GC.GetAllocatedBytesForCurrentThread() - bytes;
            Assert.True(bytes <= MaxBytesPerCase, $"case {number} of seed {seed} allocated {bytes} bytes");
            Assert.True(Stopwatch.GetElapsedTime(start) <= s_maxTimePerCase, $"case {number} of seed {seed} took {Stopwatch.GetElapsedTime(start)}");
        }
        // Both ends must be reached, or the mutations are too strong or too weak to find anything.
        Assert.InRange(accepted, cases / 200, cases);
        Assert.InRange(refused, cases / 4, cases);
    }

    private static void Check(Tokenizer tokenizer)
    {
        int[] ids = tokenizer.EncodeToIds(Text);
        Assert.All(ids, id => Assert.InRange(id, 0, tokenizer.VocabularySize - 1));
        // white space goes where the file says so, by remove_extra_whitespaces or by a token that swallows it
        Assert.Equal(Text.Replace(" ", "", StringComparison.Ordinal), tokenizer.Decode(ids).Replace(" ", "", StringComparison.Ordinal));
    }
}
